using Fovea.Generator.Graph;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Heads.RetinaNet;

/// <summary>The constants of RetinaNet's operators, from the declaration.</summary>
internal sealed class RetinaNetRules(ModelSpec spec)
{
    private readonly RetinaNetSpec head = RetinaNetSpec.Of(spec);

    /// <summary>The running mean of foreground anchors, where the losses are divided by it.</summary>
    public const string NormalizerState = "normalizer";

    /// <summary>Whether the losses are divided by a running mean, which is a state of the model.</summary>
    public bool HasRunningNormalizer => Normalizer == "RunningForeground";

    /// <summary>Whether hard examples alone are trained: then the losses are divided by their own foreground.</summary>
    public bool MinesHardExamples => head.ClassificationLoss.HardExamples is not null;

    public bool HasFocalStar => head.ClassificationLoss.Kind == ClassificationLossKind.FocalStar;

    public int PerCell => head.Anchors.PerCell;

    public int Classes => spec.Classes;

    public int TopK => head.PostProcessing.TopK;

    public int MaxDetections => head.PostProcessing.MaxDetections;

    /// <summary>One item for each level, finest first.</summary>
    public Rule Anchors => new("Anchors", "global::Fovea.AnchorLevel[]", new CodeValue.List(
    [
        .. Levels.Select(level => new CodeValue.Object(
            ("Sizes", new CodeValue.Numbers(Sizes(level).ToEquatableArray())),
            ("Ratios", new CodeValue.Numbers(head.Anchors.Ratios)),
            ("Stride", head.Anchors.Strides == AnchorStrides.PowerOfTwo ? 1 << level : 0),
            ("Rounded", head.Anchors.Rounding == AnchorRounding.TorchVision),
            ("SizeMajor", head.Anchors.SizeMajor))),
    ]), $"P{spec.Pyramid.MinLevel} to P{spec.Pyramid.MaxLevel}.");

    public Rule Matching => new("Matching", "MatchingRule", new CodeValue.Object(
        ("ForegroundIoU", head.Matching.ForegroundIoU), ("BackgroundIoU", head.Matching.BackgroundIoU),
        ("AllowLowQuality", head.Matching.AllowLowQuality), ("SkipUncovered", head.Matching.SkipUncovered),
        ("", new CodeValue.Member("LossNormalizer." + Normalizer)),
        ("NormalizerState", HasRunningNormalizer ? new CodeValue.State(NormalizerState) : -1)));

    /// <summary>Cross-entropy is focal loss with γ = 0, and without α unless balanced.</summary>
    public Rule Focal => new("Focal", "FocalRule", new CodeValue.Object(
        ("Alpha", head.ClassificationLoss.Kind is ClassificationLossKind.CrossEntropy or ClassificationLossKind.HardExamples
            ? -1.0
            : head.ClassificationLoss.Alpha),
        ("Gamma", head.ClassificationLoss.Kind == ClassificationLossKind.Focal ? head.ClassificationLoss.Gamma : 0.0),
        ("Classes", spec.Classes), ("Weight", head.ClassificationLoss.Weight)), DescribeLoss);

    public Rule FocalStar => new("FocalStar", "FocalStarRule", new CodeValue.Object(
        ("Gamma", head.ClassificationLoss.Gamma), ("Beta", head.ClassificationLoss.Beta), ("Classes", spec.Classes),
        ("Weight", head.ClassificationLoss.Weight)), "FL*, arXiv:1708.02002, appendix A.");

    public Rule HardExamples
    {
        get
        {
            var mining = head.ClassificationLoss.HardExamples
                ?? throw new InvalidOperationException("Expected a declaration of hard example mining.");
            return new("HardExamples", "HardExampleRule", new CodeValue.Object(
                ("BatchSize", mining.BatchSize), ("NmsIoU", mining.NmsIoU), ("PositiveRatio", mining.PositiveRatio),
                ("Classes", spec.Classes)), "Online hard example mining, arXiv:1604.03540; arXiv:1708.02002, section 5.1.");
        }
    }

    public Rule BoxLoss => new("BoxLoss", "BoxLossRule", new CodeValue.Object(
        ("", new CodeValue.Member("BoxLossKind." + head.BoxLoss.Kind)), ("Beta", head.BoxLoss.Beta), ("Weight", head.BoxLoss.Weight)));

    public Rule PostProcessing => new("PostProcessing", "global::Fovea.PostProcessingRule", new CodeValue.Object(
        ("Classes", spec.Classes), ("ScoreThreshold", head.PostProcessing.ScoreThreshold), ("TopK", TopK),
        ("NmsIoU", head.PostProcessing.NmsIoU), ("MaxDetections", MaxDetections)));

    /// <summary>What the deltas of a checkpoint refer to.</summary>
    public IEnumerable<(string Name, IReadOnlyList<CodeValue> Values)> Identity
    {
        get
        {
            var anchors = head.Anchors;
            yield return ("sizes", [.. Levels.SelectMany(Sizes).Select(size => (CodeValue)size)]);
            yield return ("ratios", [.. anchors.Ratios.Select(ratio => (CodeValue)ratio)]);
            yield return ("anchors",
            [
                new CodeValue.Member(anchors.Strides.ToString()), new CodeValue.Member(anchors.Rounding.ToString()), anchors.SizeMajor,
            ]);
        }
    }

    private IEnumerable<int> Levels => Enumerable.Range(spec.Pyramid.MinLevel, spec.Pyramid.Levels);

    private string Normalizer => MinesHardExamples ? "ImageForeground" : head.Matching.Normalizer;

    private string DescribeLoss => head.ClassificationLoss.Kind switch
    {
        ClassificationLossKind.Focal => "Focal loss, arXiv:1708.02002, section 3.2.",
        ClassificationLossKind.HardExamples => "Cross-entropy of the hard examples: focal loss with γ = 0, without α.",
        ClassificationLossKind.CrossEntropy => "Cross-entropy: focal loss with γ = 0, without α.",
        _ => "α-balanced cross-entropy, arXiv:1708.02002, section 3.1: focal loss with γ = 0.",
    };

    /// <summary>
    /// The sizes of a level's anchors, in pixels. Source: torchvision/models/detection/retinanet.py (truncated); arXiv:1708.02002,
    /// section 4 (2^(i/n)).
    /// </summary>
    private IEnumerable<double> Sizes(int level)
    {
        for (var i = 0; i < head.Anchors.ScalesPerOctave; i++)
        {
            var size = head.Anchors.BaseSize * (1 << level) * Math.Pow(2, (double)i / head.Anchors.ScalesPerOctave);
            yield return head.Anchors.Rounding == AnchorRounding.TorchVision ? Math.Truncate(size) : size;
        }
    }
}
