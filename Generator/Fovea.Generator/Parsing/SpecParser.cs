using Fovea.Generator.Spec;
using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Parsing;

/// <summary>One method for each part of the spec: the attribute's arguments over the preset's values.</summary>
internal static class SpecParser
{
    /// <summary>Metadata names of all attributes of a detector.</summary>
    public static readonly string[] Attributes =
    [
        KnownNames.RetinaNet.Attribute, KnownNames.Backbone.Attribute, KnownNames.Pyramid.Attribute, KnownNames.Anchors.Attribute,
        KnownNames.Head.Attribute, KnownNames.FocalLoss.Attribute, KnownNames.CrossEntropyLoss.Attribute,
        KnownNames.BalancedCrossEntropyLoss.Attribute, KnownNames.BoxLoss.Attribute, KnownNames.Matching.Attribute,
        KnownNames.PostProcessing.Attribute, KnownNames.InputSize.Attribute, KnownNames.Resize.Attribute,
    ];

    /// <summary>Of which a declaration has at most one.</summary>
    public static readonly string[] LossAttributes =
        [KnownNames.FocalLoss.Attribute, KnownNames.CrossEntropyLoss.Attribute, KnownNames.BalancedCrossEntropyLoss.Attribute];

    public static BackboneSpec Backbone(Arguments a, string name, PresetValues preset)
    {
        var shape = BackboneTable.Find(name) ?? new BackboneShape(BlockKind.Bottleneck, EquatableArray<int>.Empty);
        return new BackboneSpec(
            name,
            a.Enum(KnownNames.Backbone.Block, shape.Block),
            a.List(KnownNames.Backbone.StageBlocks, shape.StageBlocks),
            a.Int(KnownNames.Backbone.BaseWidth, shape.BaseWidth),
            a.Int(KnownNames.Backbone.Groups, shape.Groups),
            a.Int(KnownNames.Backbone.WidthPerGroup, shape.WidthPerGroup),
            a.Enum(KnownNames.Backbone.Norm, preset.Norm),
            a.Enum(KnownNames.Backbone.NormStatistics, preset.Statistics),
            a.Int(KnownNames.Backbone.FrozenStages, preset.FrozenStages),
            a.Int(KnownNames.Backbone.NormGroups, preset.NormGroups));
    }

    public static PyramidSpec Pyramid(Arguments a, PresetValues preset) => new(
        a.Int(KnownNames.Pyramid.MinLevel, preset.Pyramid.MinLevel),
        a.Int(KnownNames.Pyramid.MaxLevel, preset.Pyramid.MaxLevel),
        a.Int(KnownNames.Pyramid.Channels, preset.Pyramid.Channels),
        a.Enum(KnownNames.Pyramid.P6From, preset.Pyramid.P6From));

    public static AnchorSpec Anchors(Arguments a, PresetValues preset) => new(
        a.Double(KnownNames.Anchors.BaseSize, preset.Anchors.BaseSize),
        a.Int(KnownNames.Anchors.ScalesPerOctave, preset.Anchors.ScalesPerOctave),
        a.List(KnownNames.Anchors.Ratios, preset.Anchors.Ratios),
        a.Enum(KnownNames.Anchors.Rounding, preset.Anchors.Rounding),
        a.Enum(KnownNames.Anchors.Strides, preset.Anchors.Strides),
        preset.Anchors.SizeMajor);

    /// <summary>The heads are as wide as the pyramid unless they say otherwise (torchvision: conv channels = in channels).</summary>
    public static HeadSpec Head(Arguments a, PyramidSpec pyramid, PresetValues preset) => new(
        a.Int(KnownNames.Head.Depth, preset.Head.Depth),
        a.Int(KnownNames.Head.Width, pyramid.Channels),
        a.Enum(KnownNames.Head.Norm, preset.Head.Norm),
        a.Int(KnownNames.Head.Groups, preset.Head.Groups),
        a.Double(KnownNames.Head.Prior, preset.Head.Prior));

    public static ClassificationLossSpec ClassificationLoss(
        Arguments focal, Arguments crossEntropy, Arguments balanced, PresetValues preset)
    {
        // α below 0 means no α, γ = 0 no focusing: every loss is a focal loss to the runtime.
        if (crossEntropy.IsDeclared)
        {
            return new(ClassificationLossKind.CrossEntropy, -1, 0, crossEntropy.Double(KnownNames.CrossEntropyLoss.Weight, 1));
        }

        if (balanced.IsDeclared)
        {
            return new(
                ClassificationLossKind.BalancedCrossEntropy,
                balanced.Double(KnownNames.BalancedCrossEntropyLoss.Alpha, 0.75), 0,
                balanced.Double(KnownNames.BalancedCrossEntropyLoss.Weight, 1));
        }

        return new(
            ClassificationLossKind.Focal,
            focal.Double(KnownNames.FocalLoss.Alpha, preset.ClassificationLoss.Alpha),
            focal.Double(KnownNames.FocalLoss.Gamma, preset.ClassificationLoss.Gamma),
            focal.Double(KnownNames.FocalLoss.Weight, preset.ClassificationLoss.Weight));
    }

    public static BoxLossSpec BoxLoss(Arguments a, PresetValues preset) => new(
        a.EnumName(KnownNames.BoxLoss.Kind) ?? preset.BoxLoss.Kind,
        a.Double(KnownNames.BoxLoss.Beta, preset.BoxLoss.Beta),
        a.Double(KnownNames.BoxLoss.Weight, preset.BoxLoss.Weight));

    public static MatchingSpec Matching(Arguments a, PresetValues preset) => new(
        a.Double(KnownNames.Matching.ForegroundIoU, preset.Matching.ForegroundIoU),
        a.Double(KnownNames.Matching.BackgroundIoU, preset.Matching.BackgroundIoU),
        a.Bool(KnownNames.Matching.AllowLowQuality, preset.Matching.AllowLowQuality),
        a.Bool(KnownNames.Matching.SkipUncovered, preset.Matching.SkipUncovered),
        a.EnumName(KnownNames.Matching.Normalizer) ?? preset.Matching.Normalizer);

    public static PostProcessingSpec PostProcessing(Arguments a, PresetValues preset) => new(
        a.Double(KnownNames.PostProcessing.ScoreThreshold, preset.PostProcessing.ScoreThreshold),
        a.Int(KnownNames.PostProcessing.TopK, preset.PostProcessing.TopK),
        a.Double(KnownNames.PostProcessing.NmsIoU, preset.PostProcessing.NmsIoU),
        a.Int(KnownNames.PostProcessing.MaxDetections, preset.PostProcessing.MaxDetections));

    /// <summary>
    /// What is declared; the preset's fixed canvases or resize only where neither is. Both declared come through, for the validator.
    /// </summary>
    public static (EquatableArray<CanvasSpec> InputSizes, ResizeSpec? Resize) Canvas(
        IEnumerable<AttributeData> sizes, Arguments resize, PresetValues preset)
    {
        var declared = sizes
            .Select(a => new Arguments(a))
            .Select(a => new CanvasSpec(a.Int(KnownNames.InputSize.Width, 0), a.Int(KnownNames.InputSize.Height, 0)))
            .ToEquatableArray();
        var rule = new ResizeSpec(
            resize.Int(KnownNames.Resize.Min, preset.Resize.Min),
            resize.Int(KnownNames.Resize.Max, preset.Resize.Max),
            resize.EnumName(KnownNames.Resize.Rule) ?? preset.Resize.Rule);
        if (resize.IsDeclared)
        {
            return (declared, rule);
        }

        var canvases = declared.Count > 0 ? declared : preset.InputSizes;
        return (canvases, canvases.Count > 0 ? null : rule);
    }
}
