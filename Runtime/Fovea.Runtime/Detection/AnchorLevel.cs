namespace Fovea;

/// <summary>The anchors of one level. Base anchors are ratio-major (torchvision) or size-major (Detectron2).</summary>
/// <param name="Sizes">Square roots of the anchors' areas, in pixels: one for each scale.</param>
/// <param name="Ratios">Height / width.</param>
/// <param name="Stride">Pixels between neighbouring cells; 0: canvas size / grid size per axis, integer division (torchvision).</param>
/// <param name="Rounded">Round half extents half to even (torchvision).</param>
/// <param name="SizeMajor">Index = size · ratios + ratio instead of ratio · sizes + size.</param>
/// <remarks>Source: torchvision/models/detection/anchor_utils.py; detectron2/modeling/anchor_generator.py.</remarks>
public sealed record AnchorLevel(float[] Sizes, float[] Ratios, int Stride = 0, bool Rounded = true, bool SizeMajor = false)
{
    /// <summary>A, the anchors at each cell.</summary>
    public int PerCell => Sizes.Length * Ratios.Length;
}
