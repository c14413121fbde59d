using System;

namespace Fovea;

/// <summary>How anchors are assigned to ground truth.</summary>
/// <remarks>Source: arXiv:1708.02002, section 4, "Anchors"; torchvision/models/detection/_utils.py, Matcher.</remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class MatchingAttribute : Attribute
{
    /// <summary>IoU from which on an anchor is foreground. Above 0, at most 1. Default 0.5.</summary>
    public double ForegroundIoU { get; set; } = 0.5;

    /// <summary>
    /// IoU below which an anchor is background; between the two it is ignored. Above 0, at most <see cref="ForegroundIoU"/>. Default 0.4.
    /// </summary>
    public double BackgroundIoU { get; set; } = 0.4;

    /// <summary>Whether the best anchors of each ground truth are foreground, whatever their IoU. Default true.</summary>
    public bool AllowLowQuality { get; set; } = true;

    /// <summary>
    /// Whether ground truth that overlaps no anchor is left out, instead of making every anchor of IoU 0 foreground (as torchvision does).
    /// Default true in Fovea, false in the other presets.
    /// </summary>
    public bool SkipUncovered { get; set; } = true;

    /// <summary>
    /// What the losses are divided by. Default: <see cref="LossNormalization.ImageForeground"/>;
    /// <see cref="LossNormalization.RunningForeground"/> in Detectron2.
    /// </summary>
    public LossNormalization Normalizer { get; set; } = LossNormalization.ImageForeground;
}

/// <summary>What the losses are divided by.</summary>
public enum LossNormalization
{
    /// <summary>max(1, foreground anchors of the image), then the mean over images (torchvision).</summary>
    ImageForeground,

    /// <summary>max(1, running mean of the batch's foreground anchors), weight 0.9, started at 100 (Detectron2).</summary>
    RunningForeground,
}
