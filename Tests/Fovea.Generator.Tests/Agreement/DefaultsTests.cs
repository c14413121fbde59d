using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Fovea.Generator.Heads.RetinaNet;
using Fovea.Generator.Spec;
using Fovea.Generator.Tests.Support;

namespace Fovea.Generator.Tests.Agreement;

/// <summary>A property's initial value and its documentation state the default that the generator uses.</summary>
public partial class DefaultsTests
{
    private static readonly ModelSpec Spec = Declaration.Parse(Declaration.With());

    private static readonly XDocument Documentation = XDocument.Load(
        Path.ChangeExtension(typeof(Fovea.Backbone).Assembly.Location, ".xml"));

    /// <summary>Attribute, property, what the generator fills in.</summary>
    public static TheoryData<Type, string, object> Defaults => new()
    {
        { typeof(RetinaNetAttribute<DayOfWeek>), nameof(RetinaNetAttribute<>.InputGradient), Spec.InputGradient },
        { typeof(BackboneAttribute), nameof(BackboneAttribute.Block), Spec.Backbone.Block },
        { typeof(BackboneAttribute), nameof(BackboneAttribute.BaseWidth), Spec.Backbone.BaseWidth },
        { typeof(BackboneAttribute), nameof(BackboneAttribute.Groups), Spec.Backbone.Groups },
        { typeof(BackboneAttribute), nameof(BackboneAttribute.WidthPerGroup), Spec.Backbone.WidthPerGroup },
        { typeof(BackboneAttribute), nameof(BackboneAttribute.Norm), Spec.Backbone.Norm },
        { typeof(BackboneAttribute), nameof(BackboneAttribute.NormStatistics), Spec.Backbone.Statistics },
        { typeof(BackboneAttribute), nameof(BackboneAttribute.FrozenStages), Spec.Backbone.FrozenStages },
        { typeof(BackboneAttribute), nameof(BackboneAttribute.NormGroups), Spec.Backbone.NormGroups },
        { typeof(PyramidAttribute), nameof(PyramidAttribute.MinLevel), Spec.Pyramid.MinLevel },
        { typeof(PyramidAttribute), nameof(PyramidAttribute.MaxLevel), Spec.Pyramid.MaxLevel },
        { typeof(PyramidAttribute), nameof(PyramidAttribute.Channels), Spec.Pyramid.Channels },
        { typeof(PyramidAttribute), nameof(PyramidAttribute.P6From), Spec.Pyramid.P6From },
        { typeof(AnchorsAttribute), nameof(AnchorsAttribute.BaseSize), Spec.Anchors.BaseSize },
        { typeof(AnchorsAttribute), nameof(AnchorsAttribute.ScalesPerOctave), Spec.Anchors.ScalesPerOctave },
        { typeof(AnchorsAttribute), nameof(AnchorsAttribute.Ratios), string.Join(", ", Spec.Anchors.Ratios) },
        { typeof(AnchorsAttribute), nameof(AnchorsAttribute.Rounding), Spec.Anchors.Rounding },
        { typeof(AnchorsAttribute), nameof(AnchorsAttribute.Strides), Spec.Anchors.Strides },
        { typeof(HeadAttribute), nameof(HeadAttribute.Depth), Spec.Towers.Depth },
        { typeof(HeadAttribute), nameof(HeadAttribute.Width), Spec.Towers.Width },
        { typeof(HeadAttribute), nameof(HeadAttribute.Norm), Spec.Towers.Norm },
        { typeof(HeadAttribute), nameof(HeadAttribute.Groups), Spec.Towers.Groups },
        { typeof(HeadAttribute), nameof(HeadAttribute.Prior), Spec.Towers.Prior },
        { typeof(FocalLossAttribute), nameof(FocalLossAttribute.Alpha), Spec.ClassificationLoss.Alpha },
        { typeof(FocalLossAttribute), nameof(FocalLossAttribute.Gamma), Spec.ClassificationLoss.Gamma },
        { typeof(FocalLossAttribute), nameof(FocalLossAttribute.Weight), Spec.ClassificationLoss.Weight },
        { typeof(CrossEntropyLossAttribute), nameof(CrossEntropyLossAttribute.Weight), Loss("[CrossEntropyLoss]").Weight },
        { typeof(BalancedCrossEntropyLossAttribute), nameof(BalancedCrossEntropyLossAttribute.Alpha), Loss("[BalancedCrossEntropyLoss]").Alpha },
        { typeof(BalancedCrossEntropyLossAttribute), nameof(BalancedCrossEntropyLossAttribute.Weight), Loss("[BalancedCrossEntropyLoss]").Weight },
        { typeof(FocalLossStarAttribute), nameof(FocalLossStarAttribute.Gamma), Loss("[FocalLossStar]").Gamma },
        { typeof(FocalLossStarAttribute), nameof(FocalLossStarAttribute.Beta), Loss("[FocalLossStar]").Beta },
        { typeof(FocalLossStarAttribute), nameof(FocalLossStarAttribute.Weight), Loss("[FocalLossStar]").Weight },
        { typeof(OnlineHardExampleMiningAttribute), nameof(OnlineHardExampleMiningAttribute.BatchSize), Mining.BatchSize },
        { typeof(OnlineHardExampleMiningAttribute), nameof(OnlineHardExampleMiningAttribute.NmsIoU), Mining.NmsIoU },
        { typeof(OnlineHardExampleMiningAttribute), nameof(OnlineHardExampleMiningAttribute.PositiveRatio), Mining.PositiveRatio },
        { typeof(BoxLossAttribute), nameof(BoxLossAttribute.Beta), Spec.BoxLoss.Beta },
        { typeof(BoxLossAttribute), nameof(BoxLossAttribute.Weight), Spec.BoxLoss.Weight },
        { typeof(MatchingAttribute), nameof(MatchingAttribute.ForegroundIoU), Spec.Matching.ForegroundIoU },
        { typeof(MatchingAttribute), nameof(MatchingAttribute.BackgroundIoU), Spec.Matching.BackgroundIoU },
        { typeof(MatchingAttribute), nameof(MatchingAttribute.AllowLowQuality), Spec.Matching.AllowLowQuality },
        { typeof(MatchingAttribute), nameof(MatchingAttribute.SkipUncovered), Spec.Matching.SkipUncovered },
        { typeof(MatchingAttribute), nameof(MatchingAttribute.Normalizer), Spec.Matching.Normalizer },
        { typeof(PostProcessingAttribute), nameof(PostProcessingAttribute.ScoreThreshold), Spec.PostProcessing.ScoreThreshold },
        { typeof(PostProcessingAttribute), nameof(PostProcessingAttribute.TopK), Spec.PostProcessing.TopK },
        { typeof(PostProcessingAttribute), nameof(PostProcessingAttribute.NmsIoU), Spec.PostProcessing.NmsIoU },
        { typeof(PostProcessingAttribute), nameof(PostProcessingAttribute.MaxDetections), Spec.PostProcessing.MaxDetections },
        { typeof(ResizeAttribute), nameof(ResizeAttribute.Min), Spec.Resize!.Min },
        { typeof(ResizeAttribute), nameof(ResizeAttribute.Max), Spec.Resize!.Max },
        { typeof(ResizeAttribute), nameof(ResizeAttribute.Rule), Spec.Resize!.Rule },
    };

    [Theory]
    [MemberData(nameof(Defaults))]
    public void TheInitialValue_IsTheGeneratorsDefault(Type attribute, string property, object expected)
    {
        var value = attribute.GetProperty(property)!.GetValue(Activator.CreateInstance(attribute))!;

        Assert.Equal(Text(expected), value is double[] list ? string.Join(", ", list) : Text(value));
    }

    [Theory]
    [MemberData(nameof(Defaults))]
    public void TheDocumentation_StatesTheDefault(Type attribute, string property, object expected)
    {
        var summary = Documentation.Descendants("member")
            .Single(m => m.Attribute("name")!.Value == $"P:{attribute.Namespace}.{attribute.Name}.{property}").Element("summary")!;
        foreach (var see in summary.Descendants("see").ToArray())
        {
            see.ReplaceWith(see.Attribute("cref")!.Value.Split('.').Last());
        }

        var text = Whitespace().Replace(summary.Value, " ");
        var stated = text[text.IndexOf("default", StringComparison.OrdinalIgnoreCase)..];
        Assert.Contains(Text(expected), stated, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void EveryProperty_IsCompared()
    {
        var compared = Defaults.Select(row => $"{((Type)row[0]).Name}.{row[1]}").ToHashSet();
        var settable = typeof(Fovea.Backbone).Assembly.GetExportedTypes()
            .Where(t => t.IsSubclassOf(typeof(Attribute)))
            .SelectMany(t => t.GetProperties().Where(p => p.CanWrite).Select(p => $"{t.Name}.{p.Name}"));

        // A custom backbone has no default for its blocks: it must give them.
        Assert.Equal(["BackboneAttribute.StageBlocks"], settable.Where(name => !compared.Contains(name)));
    }

    private static HardExampleSpec Mining => Loss("[OnlineHardExampleMining]").HardExamples!;

    private static ClassificationLossSpec Loss(string attribute) => Declaration.Parse(Declaration.With(attribute)).ClassificationLoss;

    private static string Text(object value) => Convert.ToString(value, CultureInfo.InvariantCulture)!;

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace();
}
