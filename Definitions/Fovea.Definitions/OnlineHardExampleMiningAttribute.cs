using System;

namespace Fovea;

/// <summary>
/// Online hard example mining in place of a classification loss: of each image only the anchors of greatest loss are trained, in cross-entropy
/// and, where they are foreground, in the box loss; all others have gradient 0. An anchor's loss is its cross-entropy, summed over classes, and
/// where it is foreground its box loss. Anchors that overlap one of greater loss are left out first. Both losses are divided by the selected
/// foreground anchors of the image, at least 1, then averaged over images.
/// </summary>
/// <remarks>
/// Source: Shrivastava et al., arXiv:1604.03540; the ratio: Liu et al., arXiv:1512.02325, section 2.2; both in RetinaNet: arXiv:1708.02002,
/// section 5.1, "Online Hard Example Mining", and table 1d.
/// </remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class OnlineHardExampleMiningAttribute : Attribute
{
    /// <summary>Anchors of an image that are trained at the most, 1 to 100 000. Default 128, with NMS at 0.5 the best of table 1d.</summary>
    public int BatchSize { get; set; } = 128;

    /// <summary>
    /// An anchor is left out if its IoU with one of greater loss that stays is greater; above 0 and at most 1, where all stay. Default 0.7.
    /// </summary>
    public double NmsIoU { get; set; } = 0.7;

    /// <summary>
    /// Background anchors for each foreground anchor at the most, 0 to 1000 and below <see cref="BatchSize"/>, of which the foreground has
    /// BatchSize / (1 + PositiveRatio): 3 is SSD's 1:3. Default 0: no ratio, the losses decide.
    /// </summary>
    public int PositiveRatio { get; set; }
}
