using System;

namespace Fovea;

/// <summary>The anchors at each cell of each level: A = <see cref="ScalesPerOctave"/> · (number of <see cref="Ratios"/>).</summary>
/// <remarks>Source: arXiv:1708.02002, section 4, "Anchors"; torchvision/models/detection/anchor_utils.py.</remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class AnchorsAttribute : Attribute
{
    /// <summary>Side of the smallest anchor in strides: 4 means 32 pixels on P3. Above 0, at most 64. Default 4.</summary>
    public double BaseSize { get; set; } = 4;

    /// <summary>n: the sides are base · 2^(i/n), i = 0 … n − 1. 1 to 16; default 3.</summary>
    public int ScalesPerOctave { get; set; } = 3;

    /// <summary>Height / width, each above 0; 1 to 16 of them. Default 0.5, 1, 2.</summary>
    public double[] Ratios { get; set; } = [0.5, 1, 2];

    /// <summary>
    /// How sizes are rounded. Default: <see cref="AnchorRounding.TorchVision"/>; <see cref="AnchorRounding.None"/> in Paper and Detectron2.
    /// </summary>
    public AnchorRounding Rounding { get; set; } = AnchorRounding.TorchVision;

    /// <summary>
    /// The distance between neighbouring cells. Default: <see cref="AnchorStrides.CanvasOverGrid"/>; <see cref="AnchorStrides.PowerOfTwo"/>
    /// in Paper and Detectron2.
    /// </summary>
    public AnchorStrides Strides { get; set; } = AnchorStrides.CanvasOverGrid;
}

/// <summary>How anchor sizes are rounded.</summary>
public enum AnchorRounding
{
    /// <summary>torchvision: sizes truncated to integers, half extents rounded half to even.</summary>
    TorchVision,

    /// <summary>Not at all.</summary>
    None,
}

/// <summary>The distance in pixels between neighbouring cells of a level.</summary>
public enum AnchorStrides
{
    /// <summary>torchvision: canvas size / grid size for each axis, integer division. 800 pixels on the 13 cells of P6 give 61.</summary>
    CanvasOverGrid,

    /// <summary>2^level: 8, 16, 32, 64, 128.</summary>
    PowerOfTwo,
}
