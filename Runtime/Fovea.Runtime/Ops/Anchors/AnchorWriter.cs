using Fovea.Detection;
using Fovea.CompilerServices;

namespace Fovea.Ops.Anchors;

/// <summary>The anchors of a map's levels, one behind the other. On the host for every device, so that they are the same to the bit.</summary>
internal static class AnchorWriter
{
    /// <summary>Fills <paramref name="boxes"/> <c>[Σ H·W·A]</c>.</summary>
    public static void Write(ReadOnlySpan<AnchorLevel> levels, int canvasHeight, int canvasWidth, AnchorMap anchors, Span<Box> boxes)
    {
        if (levels.Length != anchors.Levels)
        {
            throw new ArgumentException($"There are {levels.Length} levels, in the map {anchors.Levels}.", nameof(anchors));
        }

        for (var i = 0; i < levels.Length; i++)
        {
            var map = anchors[i];
            if (levels[i].PerCell != map.PerCell)
            {
                throw new ArgumentException(
                    $"Level {i} has {levels[i].PerCell} anchors for each cell, the map {map.PerCell}.", nameof(anchors));
            }

            AnchorGenerator.Generate(levels[i], map.Height, map.Width, canvasHeight, canvasWidth, boxes[..map.Count]);
            boxes = boxes[map.Count..];
        }
    }
}
