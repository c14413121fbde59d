namespace Fovea;

/// <summary>The two blocks of residual networks.</summary>
/// <remarks>Source: He et al., arXiv:1512.03385, figure 5.</remarks>
public enum ResidualBlock
{
    /// <summary>3×3, 3×3: ResNet-18 and -34.</summary>
    Basic,

    /// <summary>1×1, 3×3, 1×1 to four times the planes: deeper networks.</summary>
    Bottleneck,
}
