using System;

namespace Fovea;

/// <summary>The loss of the box head over foreground anchors.</summary>
/// <remarks>Source: torchvision/models/detection/retinanet.py (L1, GIoU); arXiv:1708.02002, section 4 (smooth L1).</remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class BoxLossAttribute : Attribute
{
    /// <summary>The preset's loss with other parameters.</summary>
    public BoxLossAttribute()
    {
    }

    /// <summary>Another loss.</summary>
    /// <param name="kind">
    /// Default: <see cref="BoxLoss.L1"/> in Fovea, TorchVision and MlPerf, <see cref="BoxLoss.GIoU"/> in TorchVisionV2,
    /// <see cref="BoxLoss.SmoothL1"/> in Paper and Detectron2.
    /// </param>
    public BoxLossAttribute(BoxLoss kind) => Kind = kind;

    /// <summary>The loss; null for the preset's.</summary>
    public BoxLoss? Kind { get; }

    /// <summary>
    /// Threshold of <see cref="BoxLoss.SmoothL1"/> between its square and its linear part; at least 0, where 0 is L1. Default 0.11
    /// (Detectron's
    /// <c>BBOX_REG_BETA</c>, the code of the paper's authors); 0 in Detectron2, as its RetinaNet configurations have it.
    /// </summary>
    public double Beta { get; set; } = 0.11;

    /// <summary>Multiplies the loss; at least 0. Default 1.</summary>
    public double Weight { get; set; } = 1;
}

/// <summary>Losses of boxes.</summary>
public enum BoxLoss
{
    /// <summary>|δ − δ*|, summed over the four encoded offsets.</summary>
    L1,

    /// <summary>Huber's loss of the encoded offsets with threshold β (Girshick, arXiv:1504.08083, equation 3).</summary>
    SmoothL1,

    /// <summary>1 − GIoU of the decoded boxes (Rezatofighi et al., arXiv:1902.09630).</summary>
    GIoU,

    /// <summary>1 − DIoU of the decoded boxes (Zheng et al., arXiv:1911.08287).</summary>
    DIoU,

    /// <summary>1 − CIoU of the decoded boxes (Zheng et al., arXiv:1911.08287).</summary>
    CIoU,
}
