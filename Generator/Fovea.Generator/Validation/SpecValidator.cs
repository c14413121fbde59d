using System.Collections.Immutable;
using System.Globalization;
using Fovea.Generator.Spec;
using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Validation;

/// <summary>What is wrong with a spec: an ordered list of small rules, each a function from the spec to its problems.</summary>
/// <remarks>
/// A rule that compares two values is silent where another rule already reports one of them: one mistake gives one error.
/// </remarks>
internal static class SpecValidator
{
    private static readonly ImmutableArray<Func<ModelSpec, IEnumerable<Problem>>> AllRules =
    [
        TypeRules.CanBeGeneratedInto,
        ClassRules.EnumIsUsable,
        ClassRules.ValuesAreChannels,
        ClassRules.ChannelsAreDistinct,
        ClassRules.NamesAreDistinct,
        EnumRules.MembersAreDefined,
        BackboneRules.CustomHasBlocks,
        BackboneRules.NamedKeepsItsShape,
        BackboneRules.BlocksAreInRange,
        BackboneRules.WidthsAreInRange,
        BackboneRules.BasicHasNoGroups,
        BackboneRules.BottleneckHasChannels,
        BackboneRules.NormGroupsDivide,
        BackboneRules.FrozenStagesAreInRange,
        PyramidRules.LevelsAreInRange,
        PyramidRules.LevelsAreOrdered,
        PyramidRules.ChannelsAreInRange,
        AnchorRules.BaseSizeIsInRange,
        AnchorRules.ScalesAreInRange,
        AnchorRules.RatiosAreInRange,
        HeadRules.SizeIsInRange,
        HeadRules.GroupsDivide,
        HeadRules.PriorIsInRange,
        LossRules.OneClassificationLoss,
        LossRules.AlphaIsInRange,
        LossRules.GammaIsInRange,
        LossRules.WeightsAreInRange,
        LossRules.BetaIsInRange,
        DetectionRules.IoUsAreInRange,
        DetectionRules.IoUsAreOrdered,
        DetectionRules.ThresholdsAreInRange,
        DetectionRules.CountsAreInRange,
        CanvasRules.SizesAreInRange,
        CanvasRules.SizesAreDistinct,
        CanvasRules.FixedOrVariable,
        CanvasRules.ResizeIsInRange,
    ];

    /// <summary>Empty for a spec that can be compiled, unless the compiler itself reports the type.</summary>
    public static ImmutableArray<Problem> Validate(ModelSpec spec) => [.. AllRules.SelectMany(rule => rule(spec))];
}

/// <summary>How rules write problems.</summary>
internal static class Problems
{
    public static Problem At(DiagnosticDescriptor rule, ArgumentName at, params object[] values) => At(rule, [at], values);

    public static Problem At(DiagnosticDescriptor rule, ArgumentName[] at, params object[] values) =>
        new(rule, at.ToEquatableArray(), values.Select(Text).ToEquatableArray());

    /// <summary>At most one problem.</summary>
    public static IEnumerable<Problem> Unless(bool fine, DiagnosticDescriptor rule, ArgumentName at, params object[] values) =>
        fine ? [] : [At(rule, at, values)];

    public static string Text(object value) => value switch
    {
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    public static string List<T>(IEnumerable<T> values) => "[" + string.Join(", ", values.Select(v => Text(v!))) + "]";
}
