using System.ComponentModel;

namespace Fovea.CompilerServices;

/// <summary>Divides the losses.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public enum LossNormalizer : byte
{
    /// <summary>max(1, foreground of the image), then the mean over images (torchvision).</summary>
    ImageForeground,

    /// <summary>max(1, running mean of the batch's foreground), weight 0.9, started at 100 (Detectron2).</summary>
    RunningForeground,
}

/// <summary>How anchors are assigned to ground truth.</summary>
/// <param name="ForegroundIoU">IoU from which on an anchor is foreground.</param>
/// <param name="BackgroundIoU">IoU below which an anchor is background; between the two it is ignored. Of a crowd region it is the share of
/// the anchor that lies in it.</param>
/// <param name="AllowLowQuality">Also make every ground truth's best anchors foreground.</param>
/// <param name="SkipUncovered">Leave out ground truth that overlaps no anchor, instead of making every anchor of IoU 0 foreground
/// (torchvision).</param>
/// <param name="Normalizer">What the losses are divided by.</param>
/// <param name="NormalizerState">Element of the statistics buffer that holds the running mean, or −1.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct MatchingRule(
    float ForegroundIoU = 0.5f, float BackgroundIoU = 0.4f, bool AllowLowQuality = true, bool SkipUncovered = true,
    LossNormalizer Normalizer = LossNormalizer.ImageForeground, int NormalizerState = -1)
{
    /// <summary>The defaults of the parameters, which <c>default</c> has not: its thresholds are 0.</summary>
    public MatchingRule()
        : this(0.5f)
    {
    }
}

/// <summary>Sigmoid focal loss; see arXiv:1708.02002, section 3.</summary>
/// <param name="Alpha">Weight of the positive class; below 0 for none.</param>
/// <param name="Gamma">Focusing parameter; 0 is cross-entropy.</param>
/// <param name="Classes">K.</param>
/// <param name="Weight">Multiplies the loss.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct FocalRule(float Alpha, float Gamma, int Classes, float Weight = 1);

/// <summary>FL*, a focal loss of another form; see arXiv:1708.02002, appendix A.</summary>
/// <param name="Gamma">Steepness, above 0.</param>
/// <param name="Beta">Shift.</param>
/// <param name="Classes">K.</param>
/// <param name="Weight">Multiplies the loss.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct FocalStarRule(float Gamma, float Beta, int Classes, float Weight = 1);

/// <summary>Which anchors online hard example mining keeps.</summary>
/// <param name="BatchSize">B, the anchors of an image that are kept at the most.</param>
/// <param name="NmsIoU">An anchor goes where its IoU with one of greater loss that stays is greater.</param>
/// <param name="PositiveRatio">r: at most r background anchors for each foreground anchor; 0 for no such rule.</param>
/// <param name="Classes">K.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct HardExampleRule(int BatchSize, float NmsIoU, int PositiveRatio, int Classes);

/// <summary>Box regression losses.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public enum BoxLossKind : byte
{
    /// <summary>|δ − δ*|, summed over the four deltas.</summary>
    L1,

    /// <summary>Huber with threshold β; L1 at β = 0.</summary>
    SmoothL1,

    /// <summary>1 − GIoU of the decoded boxes.</summary>
    GIoU,

    /// <summary>1 − DIoU of the decoded boxes.</summary>
    DIoU,

    /// <summary>1 − CIoU of the decoded boxes.</summary>
    CIoU,
}

/// <summary>A box regression loss.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Beta">β of smooth L1.</param>
/// <param name="Weight">Multiplies the loss.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct BoxLossRule(BoxLossKind Kind, float Beta = 0, float Weight = 1);
