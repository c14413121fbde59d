using Fovea.CompilerServices;

namespace Fovea.Ops.Conv;

/// <summary>
/// What a convolution does besides the sum of products: + bias, + a map of the destination's shape or a coarser one read at the nearest
/// cell, max(0, ·), or 0 where a gate is not positive.
/// </summary>
internal unsafe struct ConvEpilogue
{
    /// <summary>[C of the destination], or null.</summary>
    public float* Bias;

    /// <summary>
    /// [N, H, W, C] of <see cref="AddHeight"/> × <see cref="AddWidth"/> cells, or null. May be the destination where the sizes are equal.
    /// </summary>
    public float* Add;
    public int AddHeight;
    public int AddWidth;
    public bool Relu;

    /// <summary>[N, H, W, C] like the destination, which it may be, or null.</summary>
    public float* Mask;

    /// <summary>Sets <see cref="Add"/> and its size; an absent map adds nothing.</summary>
    public void SetAdd(FeatureMap map, float* pointer)
    {
        if (!map.IsEmpty)
        {
            Add = pointer;
            AddHeight = map.Height;
            AddWidth = map.Width;
        }
    }
}
