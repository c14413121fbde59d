using System;

namespace Fovea;

/// <summary>
/// The focal loss −α_t (1 − p_t)^γ log(p_t), summed over anchors and classes. It is the default of every preset. A detector has one
/// classification loss.
/// </summary>
/// <remarks>Source: arXiv:1708.02002, section 3.2, equation 5; torchvision/ops/focal_loss.py.</remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class FocalLossAttribute : Attribute
{
    /// <summary>Weight of the objects; 1 − α is the background's. 0 to 1; default 0.25.</summary>
    public double Alpha { get; set; } = 0.25;

    /// <summary>Focusing parameter, at least 0; at 0 the loss is α-balanced cross-entropy. Default 2.</summary>
    public double Gamma { get; set; } = 2;

    /// <summary>Multiplies the loss; at least 0. Default 1.</summary>
    public double Weight { get; set; } = 1;
}

/// <summary>Cross-entropy −log(p_t), summed over anchors and classes: the focal loss without its weights.</summary>
/// <remarks>Source: arXiv:1708.02002, section 3, equation 1.</remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class CrossEntropyLossAttribute : Attribute
{
    /// <summary>Multiplies the loss; at least 0. Default 1.</summary>
    public double Weight { get; set; } = 1;
}

/// <summary>α-balanced cross-entropy −α_t log(p_t), summed over anchors and classes.</summary>
/// <remarks>Source: arXiv:1708.02002, section 3.1, equation 3; table 1a.</remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class BalancedCrossEntropyLossAttribute : Attribute
{
    /// <summary>Weight of the objects; 1 − α is the background's. 0 to 1; default 0.75, the best of table 1a.</summary>
    public double Alpha { get; set; } = 0.75;

    /// <summary>Multiplies the loss; at least 0. Default 1.</summary>
    public double Weight { get; set; } = 1;
}

/// <summary>
/// FL*, a focal loss of another form: −log σ(γ·x_t + β) / γ, where x_t is an object's logit and the background's with the other sign, summed
/// over anchors and classes. It has no α.
/// </summary>
/// <remarks>Source: arXiv:1708.02002, appendix A, equations 6 and 7; table 3 (γ 2, β 1: 33.8 AP; γ 4, β 0: 33.9).</remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class FocalLossStarAttribute : Attribute
{
    /// <summary>Steepness, above 0 and at most 100. Default 2.</summary>
    public double Gamma { get; set; } = 2;

    /// <summary>Shift of the logits, −100 to 100. Default 1.</summary>
    public double Beta { get; set; } = 1;

    /// <summary>Multiplies the loss; at least 0. Default 1.</summary>
    public double Weight { get; set; } = 1;
}
