using System;

namespace Fovea;

/// <summary>The feature pyramid: its levels and width.</summary>
/// <remarks>
/// Source: Lin et al., arXiv:1612.03144; arXiv:1708.02002, section 4, "Feature Pyramid Network Backbone";
/// torchvision/ops/feature_pyramid_network.py.
/// </remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class PyramidAttribute : Attribute
{
    /// <summary>First level, 2 to 5; level l has a stride of 2^l pixels. Default 3.</summary>
    public int MinLevel { get; set; } = 3;

    /// <summary>
    /// Last level, 3 to 7 and not below <see cref="MinLevel"/>. Levels 6 and 7 are strided convolutions on top. Default 7.
    /// </summary>
    public int MaxLevel { get; set; } = 7;

    /// <summary>Channels of every level, 1 to 4096. Default 256.</summary>
    public int Channels { get; set; } = 256;

    /// <summary>
    /// What P6 is computed from. Default: <see cref="P6Source.P5"/> in Fovea, TorchVision and MlPerf, <see cref="P6Source.C5"/> in
    /// TorchVisionV2, Paper and Detectron2.
    /// </summary>
    public P6Source P6From { get; set; } = P6Source.P5;
}

/// <summary>What P6 is computed from.</summary>
public enum P6Source
{
    /// <summary>The pyramid's level 5 (torchvision's first RetinaNet).</summary>
    P5,

    /// <summary>The backbone's last stage (the paper; torchvision's second RetinaNet).</summary>
    C5,
}
