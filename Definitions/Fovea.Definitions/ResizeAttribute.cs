using System;

namespace Fovea;

/// <summary>
/// torchvision's resize: the shorter side becomes <see cref="Min"/> unless the longer one would pass <see cref="Max"/>; the canvas is the
/// batch's maximum rounded up
/// to a multiple of 32. It is the default of every preset but MlPerf. Excludes <see cref="InputSizeAttribute"/>.
/// </summary>
/// <remarks>
/// Source: torchvision/models/detection/transform.py, GeneralizedRCNNTransform; arXiv:1708.02002, section 5 (600 pixels in ablations).
/// </remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ResizeAttribute : Attribute
{
    /// <summary>The shorter side in pixels, 32 to 16384. Default 800.</summary>
    public int Min { get; set; } = 800;

    /// <summary>The most that the longer side may have, from <see cref="Min"/> to 16384. Default 1333.</summary>
    public int Max { get; set; } = 1333;

    /// <summary>
    /// The arithmetic. Default: <see cref="ResizeRule.TorchVision"/>; <see cref="ResizeRule.TorchVision014"/> in TorchVision and
    /// TorchVisionV2, whose numbers are 0.14's.
    /// </summary>
    public ResizeRule Rule { get; set; } = ResizeRule.TorchVision;
}
