namespace Fovea.Tensors;

/// <summary>
/// A handle to a value of the network: where it lies in the session's arena, and its shape <c>[N, H, W, C]</c> (NHWC, dense).
/// It is no memory: only a backend turns it into some.
/// </summary>
/// <param name="Offset">First element in the arena.</param>
/// <param name="Images">N.</param>
/// <param name="Height">H, in cells.</param>
/// <param name="Width">W, in cells.</param>
/// <param name="Channels">C.</param>
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
public readonly record struct NormStatisticsMap(long Offset, int Count, int Levels = 1)
{
    /// <summary>A level's by themselves; 0 is the finest.</summary>
    public NormStatisticsMap this[int level] => new(Offset + (2L * level * Count), Count);
}

/// <summary>The anchors of one pyramid level, <c>[H·W·A, 4]</c> as (x1, y1, x2, y2) in pixels of the canvas, in the order (y, x, anchor).</summary>
/// <param name="Offset">First element in the arena.</param>
/// <param name="Height">H of the level, in cells.</param>
/// <param name="Width">W of the level, in cells.</param>
/// <param name="PerCell">A.</param>
public readonly record struct AnchorMap(long Offset, int Height, int Width, int PerCell)
{
    /// <summary>H·W·A.</summary>
    public int Count => Height * Width * PerCell;
}

/// <summary>
/// The result of matching for one level: <c>[N, H·W·A]</c> 32-bit integers, the index of the matched ground truth, −1 background, −2 ignored.
/// </summary>
/// <param name="Offset">First element in the arena (each integer takes one element).</param>
/// <param name="Images">N.</param>
/// <param name="Anchors">H·W·A of the level.</param>
public readonly record struct MatchMap(long Offset, int Images, int Anchors);

/// <summary>
/// The ground truth of a batch: boxes <c>[N, Capacity, 4]</c> (x1, y1, x2, y2 in pixels of the canvas), classes <c>[N, Capacity]</c> and counts <c>[N]</c>
/// (32-bit integers), and loss weights <c>[N]</c>, which matching fills with what each image's sums are multiplied by (torchvision: 1 / (N · max(1, foreground))).
/// </summary>
/// <param name="Images">N.</param>
/// <param name="Capacity">Boxes that fit for each image.</param>
/// <param name="Boxes">First element of the boxes in the arena.</param>
/// <param name="Classes">First element of the classes.</param>
/// <param name="Counts">First element of the counts.</param>
/// <param name="LossWeights">First element of the loss weights.</param>
/// <param name="Foreground">First element of the foreground counts <c>[N]</c> (32-bit integers), which matching fills.</param>
public readonly record struct GroundTruthMap(int Images, int Capacity, long Boxes, long Classes, long Counts, long LossWeights, long Foreground);

/// <summary>One scalar of a loss: the weighted sum over images and anchors of one level, already divided by the normaliser and averaged over images.</summary>
/// <param name="Offset">Its element in the arena.</param>
public readonly record struct LossTerm(long Offset);

/// <summary>Candidates before non-maximum suppression, for each image: boxes, scores, classes and a count, and the sizes to which boxes are clipped.</summary>
/// <param name="Images">N.</param>
/// <param name="Capacity">Candidates for each image: levels × top-k, or fewer on small canvases.</param>
/// <param name="Boxes">First element of <c>[N, Capacity, 4]</c>.</param>
/// <param name="Scores">First element of <c>[N, Capacity]</c>.</param>
/// <param name="Classes">First element of <c>[N, Capacity]</c>, 32-bit integers.</param>
/// <param name="Counts">First element of <c>[N]</c>, 32-bit integers.</param>
/// <param name="ImageSizes">First element of <c>[N, 2]</c>: height and width of each resized, unpadded image, in pixels (floats).</param>
public readonly record struct CandidateMap(int Images, int Capacity, long Boxes, long Scores, long Classes, long Counts, long ImageSizes);

/// <summary>Detections after non-maximum suppression, best first, in pixels of the canvas.</summary>
/// <param name="Images">N.</param>
/// <param name="Capacity">Detections for each image at the most.</param>
/// <param name="Boxes">First element of <c>[N, Capacity, 4]</c>.</param>
/// <param name="Scores">First element of <c>[N, Capacity]</c>.</param>
/// <param name="Classes">First element of <c>[N, Capacity]</c>, 32-bit integers.</param>
/// <param name="Counts">First element of <c>[N]</c>, 32-bit integers.</param>
public readonly record struct DetectionMap(int Images, int Capacity, long Boxes, long Scores, long Classes, long Counts);
