namespace Fovea;

/// <summary>
/// Which arithmetic decides the size of a resized image. Both rules are in the wild; they differ by a pixel for many sizes.
/// </summary>
public enum ResizeRule
{
    /// <summary>torchvision after 0.14: double arithmetic (427×640 becomes 800×1199).</summary>
    TorchVision,

    /// <summary>torchvision 0.14: the float32 reciprocal of the side times the size (427×640 becomes 799×1199).</summary>
    TorchVision014,
}
