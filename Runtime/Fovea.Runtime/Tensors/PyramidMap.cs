using System.ComponentModel;

namespace Fovea.CompilerServices;

/// <summary>
/// A handle to the levels of a pyramid in one piece of memory, the finest first. A level has half the cells of the one before in each
/// direction, rounded up, and begins at a multiple of 16 elements behind it. Operators do all levels in one call; a level by itself is a
/// <see cref="FeatureMap"/>, and a <see cref="FeatureMap"/> is a pyramid of one level.
/// </summary>
/// <param name="Offset">First element in the arena.</param>
/// <param name="Images">N.</param>
/// <param name="Height">H of the finest level, in cells.</param>
/// <param name="Width">W of the finest level, in cells.</param>
/// <param name="Channels">C.</param>
/// <param name="Levels">How many there are.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct PyramidMap(long Offset, int Images, int Height, int Width, int Channels, int Levels)
{
    /// <summary>The most levels that there can be: the coarsest has a cell of 128 of the finest in each direction.</summary>
    public const int MaxLevels = 8;

    /// <summary>Whether this is the absent operand, <c>default</c>.</summary>
    public bool IsEmpty => Channels == 0;

    /// <summary>Elements from the first of the finest level to the last of the coarsest.</summary>
    public long Extent => IsEmpty ? 0 : this[Levels - 1].Offset + this[Levels - 1].Length - Offset;

    /// <summary>A level as a map of its own; 0 is the finest.</summary>
    public FeatureMap this[int level]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)level, (uint)Levels, nameof(level));
            var map = new FeatureMap(Offset, Images, Height, Width, Channels);
            for (var l = 0; l < level; l++)
            {
                map = map with
                {
                    Offset = map.Offset + (Images * LengthOfImage(map)),
                    Height = Halved(map.Height),
                    Width = Halved(map.Width),
                };
            }

            return map;
        }
    }

    /// <summary>A map as a pyramid of one level.</summary>
    public static implicit operator PyramidMap(FeatureMap map) =>
        map.IsEmpty ? default : new(map.Offset, map.Images, map.Height, map.Width, map.Channels, 1);

    /// <inheritdoc/>
    public override string ToString() =>
        IsEmpty ? "-" : $"[{Images},{Height},{Width},{Channels}]{(Levels > 1 ? $" to 1/{1 << (Levels - 1)}" : "")}@{Offset}";

    private static int Halved(int extent) => (extent + 1) / 2;

    /// <summary>Of an image of the level, rounded up to 16 elements.</summary>
    private static long LengthOfImage(FeatureMap map) => ((((long)map.Height * map.Width * map.Channels) + 15) / 16) * 16;
}
