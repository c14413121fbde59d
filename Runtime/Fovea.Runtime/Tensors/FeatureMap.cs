using System.ComponentModel;

namespace Fovea.CompilerServices;

/// <summary>
/// A handle to a value of the network: where it lies in the session's arena, and its shape <c>[N, H, W, C]</c> (NHWC, dense).
/// It is no memory: only a backend turns it into some.
/// </summary>
/// <param name="Offset">First element in the arena.</param>
/// <param name="Images">N.</param>
/// <param name="Height">H, in cells.</param>
/// <param name="Width">W, in cells.</param>
/// <param name="Channels">C.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct FeatureMap(long Offset, int Images, int Height, int Width, int Channels)
{
    /// <summary>Whether this is the absent operand, <c>default</c>.</summary>
    public bool IsEmpty => Channels == 0;

    /// <summary>N·H·W: the rows of the matrix that a 1×1 convolution multiplies.</summary>
    public long Cells => (long)Images * Height * Width;

    /// <summary>N·H·W·C.</summary>
    public long Length => Cells * Channels;

    /// <summary>One of the images, as a map of its own.</summary>
    internal FeatureMap ImageAt(int image) => this with { Offset = Offset + ((long)image * Height * Width * Channels), Images = 1 };

    /// <inheritdoc/>
    public override string ToString() => IsEmpty ? "-" : $"[{Images},{Height},{Width},{Channels}]@{Offset}";
}

/// <summary>
/// Statistics of a normalisation that backward needs again: for each level <paramref name="Count"/> means, then as many reciprocal standard
/// deviations.
/// </summary>
/// <param name="Offset">First element in the arena.</param>
/// <param name="Count">C for batch normalisation, N·groups for group normalisation.</param>
/// <param name="Levels">Levels of the pyramid that is normalised, each by itself.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct NormStatisticsMap(long Offset, int Count, int Levels = 1)
{
    /// <summary>A level's by themselves; 0 is the finest.</summary>
    public NormStatisticsMap this[int level] => new(Offset + (2L * level * Count), Count);
}

/// <summary>
/// The anchors of a pyramid, <c>[Σ H·W·A, 4]</c> as (x1, y1, x2, y2) in pixels of the canvas: level after level, each in the order (y, x,
/// anchor).
/// </summary>
/// <param name="Offset">First element in the arena.</param>
/// <param name="Height">H of the finest level, in cells.</param>
/// <param name="Width">W of the finest level, in cells.</param>
/// <param name="PerCell">A.</param>
/// <param name="Levels">How many there are; sizes halve as in a <see cref="PyramidMap"/>.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct AnchorMap(long Offset, int Height, int Width, int PerCell, int Levels = 1)
{
    /// <summary>Anchors of all levels.</summary>
    public int Count => AnchorGrid.Of(Height, Width, PerCell, Levels).Before;

    /// <summary>A level's by themselves; 0 is the finest.</summary>
    public AnchorMap this[int level]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)level, (uint)Levels, nameof(level));
            var (before, height, width) = AnchorGrid.Of(Height, Width, PerCell, level);
            return new(Offset + (4L * before), height, width, PerCell);
        }
    }
}

/// <summary>
/// The result of matching, level after level, each <c>[N, H·W·A]</c> 32-bit integers: the index of the matched ground truth, −1 background, −2
/// ignored.
/// </summary>
/// <param name="Offset">First element in the arena (each integer takes one element).</param>
/// <param name="Images">N.</param>
/// <param name="Height">H of the finest level, in cells.</param>
/// <param name="Width">W of the finest level, in cells.</param>
/// <param name="PerCell">A.</param>
/// <param name="Levels">How many there are; sizes halve as in a <see cref="PyramidMap"/>.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct MatchMap(long Offset, int Images, int Height, int Width, int PerCell, int Levels = 1)
{
    /// <summary>Anchors of all levels, for each image.</summary>
    public int Anchors => AnchorGrid.Of(Height, Width, PerCell, Levels).Before;

    /// <summary>A level's by themselves; 0 is the finest.</summary>
    public MatchMap this[int level]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)level, (uint)Levels, nameof(level));
            var (before, height, width) = AnchorGrid.Of(Height, Width, PerCell, level);
            return new(Offset + ((long)Images * before), Images, height, width, PerCell);
        }
    }
}

/// <summary>
/// The ground truth of a batch: boxes <c>[N, Capacity, 4]</c> (x1, y1, x2, y2 in pixels of the canvas), classes <c>[N, Capacity]</c> and counts <c>[N]</c>
/// (32-bit integers; a class below 0 is that of a region, which matching knows), and loss weights <c>[N]</c>, which matching fills with what each image's sums are multiplied by (torchvision: 1 / (N · max(1, foreground))).
/// </summary>
/// <param name="Images">N.</param>
/// <param name="Capacity">Boxes that fit for each image.</param>
/// <param name="Boxes">First element of the boxes in the arena.</param>
/// <param name="Classes">First element of the classes.</param>
/// <param name="Counts">First element of the counts.</param>
/// <param name="LossWeights">First element of the loss weights.</param>
/// <param name="Foreground">First element of the foreground counts <c>[N]</c> (32-bit integers), which matching fills.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct GroundTruthMap(int Images, int Capacity, long Boxes, long Classes, long Counts, long LossWeights, long Foreground);

/// <summary>
/// A loss, a scalar for each level: the weighted sum over images and anchors, already divided by the normaliser and averaged over images. The
/// loss is their sum.
/// </summary>
/// <param name="Offset">First element in the arena.</param>
/// <param name="Levels">How many there are.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct LossTerm(long Offset, int Levels = 1)
{
    /// <summary>A level's by itself; 0 is the finest.</summary>
    public LossTerm this[int level] => new(Offset + level);
}

/// <summary>A level's cells, and what lies before it.</summary>
/// <param name="Before">Anchors of all finer levels.</param>
/// <param name="Height">H, in cells.</param>
/// <param name="Width">W, in cells.</param>
internal readonly record struct AnchorGrid(int Before, int Height, int Width)
{
    /// <summary>The level <paramref name="level"/> levels coarser than the finest.</summary>
    public static AnchorGrid Of(int height, int width, int perCell, int level)
    {
        var before = 0;
        for (; level > 0; level--)
        {
            before = checked(before + (height * width * perCell));
            (height, width) = ((height + 1) / 2, (width + 1) / 2);
        }

        return new(before, height, width);
    }
}

/// <summary>Candidates before non-maximum suppression, for each image: boxes, scores, classes and a count, and the sizes to which boxes are clipped.</summary>
/// <param name="Images">N.</param>
/// <param name="Capacity">Candidates for each image: levels × top-k, or fewer on small canvases.</param>
/// <param name="Boxes">First element of <c>[N, Capacity, 4]</c>.</param>
/// <param name="Scores">First element of <c>[N, Capacity]</c>.</param>
/// <param name="Classes">First element of <c>[N, Capacity]</c>, 32-bit integers.</param>
/// <param name="Counts">First element of <c>[N]</c>, 32-bit integers.</param>
/// <param name="ImageSizes">First element of <c>[N, 2]</c>: height and width of each resized, unpadded image, in pixels (floats).</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct CandidateMap(int Images, int Capacity, long Boxes, long Scores, long Classes, long Counts, long ImageSizes);

/// <summary>Detections after non-maximum suppression, best first, in pixels of the canvas.</summary>
/// <param name="Images">N.</param>
/// <param name="Capacity">Detections for each image at the most.</param>
/// <param name="Boxes">First element of <c>[N, Capacity, 4]</c>.</param>
/// <param name="Scores">First element of <c>[N, Capacity]</c>.</param>
/// <param name="Classes">First element of <c>[N, Capacity]</c>, 32-bit integers.</param>
/// <param name="Counts">First element of <c>[N]</c>, 32-bit integers.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct DetectionMap(int Images, int Capacity, long Boxes, long Scores, long Classes, long Counts);
