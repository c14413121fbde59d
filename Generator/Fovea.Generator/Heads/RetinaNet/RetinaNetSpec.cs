using Fovea.Generator.Spec;

namespace Fovea.Generator.Heads.RetinaNet;

/// <summary>What was declared of RetinaNet's head.</summary>
/// <remarks>Equality contract: see <see cref="ModelSpec"/>.</remarks>
internal sealed record RetinaNetSpec : HeadSpec
{
    public required AnchorSpec Anchors { get; init; }

    public required TowerSpec Towers { get; init; }

    public required ClassificationLossSpec ClassificationLoss { get; init; }

    /// <summary>Metadata names of the classification losses that were declared; more than one is a problem.</summary>
    public EquatableArray<string> DeclaredLosses { get; init; }

    public required BoxLossSpec BoxLoss { get; init; }

    public required MatchingSpec Matching { get; init; }

    public required PostProcessingSpec PostProcessing { get; init; }

    public override string Declaration => KnownNames.RetinaNet.Attribute;

    public override int AnchorsPerCell => Anchors.PerCell;

    /// <summary>Of a detector that has this head.</summary>
    public static RetinaNetSpec Of(ModelSpec spec) => (RetinaNetSpec)spec.Head;
}

internal enum AnchorRounding
{
    /// <summary>torchvision: sizes truncated to integers, half extents rounded half to even.</summary>
    TorchVision,

    /// <summary>2^(i/n) sizes as they are.</summary>
    None,
}

internal enum AnchorStrides
{
    /// <summary>torchvision: canvas / grid, integer division, per axis.</summary>
    CanvasOverGrid,

    /// <summary>2^level.</summary>
    PowerOfTwo,
}

/// <param name="BaseSize">Anchor size in strides: 4 means 32 pixels on P3.</param>
/// <param name="ScalesPerOctave">n: sizes base · 2^(i/n), i = 0 … n − 1.</param>
/// <param name="Ratios">Height / width.</param>
internal sealed record AnchorSpec(
    double BaseSize, int ScalesPerOctave, EquatableArray<double> Ratios, AnchorRounding Rounding, AnchorStrides Strides, bool SizeMajor)
{
    public int PerCell => ScalesPerOctave * Ratios.Count;
}

/// <param name="Prior">π: the classification bias starts at −log((1 − π)/π).</param>
internal sealed record TowerSpec(int Depth, int Width, NormKind Norm, int Groups, double Prior);

internal enum ClassificationLossKind
{
    Focal,
    CrossEntropy,
    BalancedCrossEntropy,
    FocalStar,

    /// <summary>Cross-entropy of hard examples alone.</summary>
    HardExamples,
}

internal sealed record ClassificationLossSpec(ClassificationLossKind Kind, double Alpha, double Gamma, double Weight)
{
    /// <summary>β of FL*.</summary>
    public double Beta { get; init; }

    /// <summary>Which anchors are trained; null where all are.</summary>
    public HardExampleSpec? HardExamples { get; init; }
}

internal sealed record HardExampleSpec(int BatchSize, double NmsIoU, int PositiveRatio);

/// <param name="Kind">L1, SmoothL1, GIoU, DIoU or CIoU: the members of the runtime's <c>BoxLossKind</c>.</param>
internal sealed record BoxLossSpec(string Kind, double Beta, double Weight);

/// <param name="Normalizer">ImageForeground or RunningForeground: the members of the runtime's <c>LossNormalizer</c>.</param>
internal sealed record MatchingSpec(
    double ForegroundIoU, double BackgroundIoU, bool AllowLowQuality, bool SkipUncovered, string Normalizer);

internal sealed record PostProcessingSpec(double ScoreThreshold, int TopK, double NmsIoU, int MaxDetections);
