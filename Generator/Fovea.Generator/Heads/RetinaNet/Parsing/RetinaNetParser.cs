using Fovea.Generator.Declarations;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Heads.RetinaNet.Parsing;

/// <summary>One method for each part of the head's spec: the attribute's arguments over the preset's values.</summary>
internal static class RetinaNetParser
{
    /// <summary>Metadata names of the head's attributes.</summary>
    public static readonly string[] Attributes =
    [
        KnownNames.Anchors.Attribute, KnownNames.Head.Attribute, .. LossAttributes, KnownNames.BoxLoss.Attribute,
        KnownNames.Matching.Attribute, KnownNames.PostProcessing.Attribute,
    ];

    /// <summary>Of which a declaration has at most one.</summary>
    private static string[] LossAttributes =>
    [
        KnownNames.FocalLoss.Attribute, KnownNames.CrossEntropyLoss.Attribute, KnownNames.BalancedCrossEntropyLoss.Attribute,
        KnownNames.FocalLossStar.Attribute, KnownNames.HardExamples.Attribute,
    ];

    public static RetinaNetSpec Parse(DeclaredAttributes attributes, string presetName, PyramidSpec pyramid)
    {
        var preset = RetinaNetPresets.Of(presetName);
        return new()
        {
            Anchors = Anchors(attributes.Find(KnownNames.Anchors.Attribute), preset.Anchors),
            Towers = Towers(attributes.Find(KnownNames.Head.Attribute), pyramid, preset.Towers),
            ClassificationLoss = ClassificationLoss(attributes, preset.ClassificationLoss),
            DeclaredLosses = LossAttributes.Where(name => attributes.Find(name).IsDeclared).ToEquatableArray(),
            BoxLoss = BoxLoss(attributes.Find(KnownNames.BoxLoss.Attribute), preset.BoxLoss),
            Matching = Matching(attributes.Find(KnownNames.Matching.Attribute), preset.Matching),
            PostProcessing = PostProcessing(attributes.Find(KnownNames.PostProcessing.Attribute), preset.PostProcessing),
        };
    }

    private static AnchorSpec Anchors(Arguments a, AnchorSpec preset) => new(
        a.Double(KnownNames.Anchors.BaseSize, preset.BaseSize),
        a.Int(KnownNames.Anchors.ScalesPerOctave, preset.ScalesPerOctave),
        a.List(KnownNames.Anchors.Ratios, preset.Ratios),
        a.Enum(KnownNames.Anchors.Rounding, preset.Rounding),
        a.Enum(KnownNames.Anchors.Strides, preset.Strides),
        preset.SizeMajor);

    /// <summary>The heads are as wide as the pyramid unless they say otherwise (torchvision: conv channels = in channels).</summary>
    private static TowerSpec Towers(Arguments a, PyramidSpec pyramid, TowerSpec preset) => new(
        a.Int(KnownNames.Head.Depth, preset.Depth),
        a.Int(KnownNames.Head.Width, pyramid.Channels),
        a.Enum(KnownNames.Head.Norm, preset.Norm),
        a.Int(KnownNames.Head.Groups, preset.Groups),
        a.Double(KnownNames.Head.Prior, preset.Prior));

    private static ClassificationLossSpec ClassificationLoss(DeclaredAttributes attributes, ClassificationLossSpec preset)
    {
        // α below 0 means no α, γ = 0 no focusing: these are focal losses to the runtime.
        var crossEntropy = attributes.Find(KnownNames.CrossEntropyLoss.Attribute);
        if (crossEntropy.IsDeclared)
        {
            return new(ClassificationLossKind.CrossEntropy, -1, 0, crossEntropy.Double(KnownNames.CrossEntropyLoss.Weight, 1));
        }

        var balanced = attributes.Find(KnownNames.BalancedCrossEntropyLoss.Attribute);
        if (balanced.IsDeclared)
        {
            return new(
                ClassificationLossKind.BalancedCrossEntropy,
                balanced.Double(KnownNames.BalancedCrossEntropyLoss.Alpha, 0.75), 0,
                balanced.Double(KnownNames.BalancedCrossEntropyLoss.Weight, 1));
        }

        var star = attributes.Find(KnownNames.FocalLossStar.Attribute);
        if (star.IsDeclared)
        {
            return new(
                ClassificationLossKind.FocalStar, -1, star.Double(KnownNames.FocalLossStar.Gamma, 2),
                star.Double(KnownNames.FocalLossStar.Weight, 1))
            {
                Beta = star.Double(KnownNames.FocalLossStar.Beta, 1),
            };
        }

        var mining = attributes.Find(KnownNames.HardExamples.Attribute);
        if (mining.IsDeclared)
        {
            return new(ClassificationLossKind.HardExamples, -1, 0, 1)
            {
                HardExamples = new(
                    mining.Int(KnownNames.HardExamples.BatchSize, 128), mining.Double(KnownNames.HardExamples.NmsIoU, 0.7),
                    mining.Int(KnownNames.HardExamples.PositiveRatio, 0)),
            };
        }

        var focal = attributes.Find(KnownNames.FocalLoss.Attribute);
        return new(
            ClassificationLossKind.Focal,
            focal.Double(KnownNames.FocalLoss.Alpha, preset.Alpha),
            focal.Double(KnownNames.FocalLoss.Gamma, preset.Gamma),
            focal.Double(KnownNames.FocalLoss.Weight, preset.Weight));
    }

    private static BoxLossSpec BoxLoss(Arguments a, BoxLossSpec preset) => new(
        a.EnumName(KnownNames.BoxLoss.Kind) ?? preset.Kind,
        a.Double(KnownNames.BoxLoss.Beta, preset.Beta),
        a.Double(KnownNames.BoxLoss.Weight, preset.Weight));

    private static MatchingSpec Matching(Arguments a, MatchingSpec preset) => new(
        a.Double(KnownNames.Matching.ForegroundIoU, preset.ForegroundIoU),
        a.Double(KnownNames.Matching.BackgroundIoU, preset.BackgroundIoU),
        a.Bool(KnownNames.Matching.AllowLowQuality, preset.AllowLowQuality),
        a.Bool(KnownNames.Matching.SkipUncovered, preset.SkipUncovered),
        a.EnumName(KnownNames.Matching.Normalizer) ?? preset.Normalizer);

    private static PostProcessingSpec PostProcessing(Arguments a, PostProcessingSpec preset) => new(
        a.Double(KnownNames.PostProcessing.ScoreThreshold, preset.ScoreThreshold),
        a.Int(KnownNames.PostProcessing.TopK, preset.TopK),
        a.Double(KnownNames.PostProcessing.NmsIoU, preset.NmsIoU),
        a.Int(KnownNames.PostProcessing.MaxDetections, preset.MaxDetections));
}
