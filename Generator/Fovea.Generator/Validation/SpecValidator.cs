using System.Collections.Immutable;
using System.Globalization;
using Fovea.Generator.Spec;
using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Validation;

/// <summary>What is wrong with a spec: ordered lists of small rules, each a function from the spec to its problems.</summary>
/// <remarks>
/// A rule that compares two values is silent where another rule already reports one of them: one mistake gives one error. Rules about
/// products of values run only where every value is in range, and advice is given only on what can be compiled.
/// </remarks>
internal static class SpecValidator
{
    private static readonly ImmutableArray<Func<ModelSpec, IEnumerable<Problem>>> ValueRules =
    [
        TypeRules.CanBeGeneratedInto,
        SurfaceRules.NameIsFree,
        SurfaceRules.MembersAreFree,
        SurfaceRules.NothingIsRequired,
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
        NumberRules.NumbersSurviveAsFloats,
    ];

    private static readonly ImmutableArray<Func<ModelSpec, IEnumerable<Problem>>> ProductRules =
    [
        SizeRules.BottlenecksAreInRange,
        SizeRules.ParametersFit,
        SizeRules.MapsFit,
    ];

    private static readonly ImmutableArray<Func<ModelSpec, IEnumerable<Problem>>> Advice =
    [
        AdviceRules.P6Exists,
        AdviceRules.NormHasGroups,
        AdviceRules.NormHasBatchStatistics,
        AdviceRules.HeadsHaveGroups,
        AdviceRules.LossHasBeta,
        AdviceRules.LowQualityMatchesExist,
        AdviceRules.ClassesAreNoFlags,
        AdviceRules.BackgroundIsNoClass,
    ];

    /// <summary>Errors. None for a spec that can be compiled, unless the compiler itself reports the declaration.</summary>
    public static ImmutableArray<Problem> Validate(ModelSpec spec)
    {
        ImmutableArray<Problem> found = [.. ValueRules.SelectMany(rule => rule(spec)).Where(problem => IsKnown(spec, problem))];
        return !found.IsEmpty || spec.CompilerReports
            ? found
            : ProductRules.Select(rule => rule(spec).ToImmutableArray()).FirstOrDefault(problems => !problems.IsEmpty).OrEmpty();
    }

    /// <summary>Warnings about a spec without errors.</summary>
    public static ImmutableArray<Problem> Advise(ModelSpec spec) => [.. Advice.SelectMany(rule => rule(spec))];

    /// <summary>
    /// Whether it follows from what the compiler could read: of an argument that does not compile, a default stands in the spec.
    /// </summary>
    private static bool IsKnown(ModelSpec spec, Problem problem) =>
        spec.Unreadable.Count == 0
        || problem.At.Count == 0
        || !(spec.Unreadable.Contains(KnownNames.RetinaNet.Attribute) || problem.At.Any(at => spec.Unreadable.Contains(at.Attribute)));

    private static ImmutableArray<Problem> OrEmpty(this ImmutableArray<Problem> problems) => problems.IsDefault ? [] : problems;
}

/// <summary>How rules write problems.</summary>
internal static class Problems
{
    public static Problem At(DiagnosticDescriptor rule, ArgumentName at, params object[] values) => At(rule, [at], values);

    public static Problem At(DiagnosticDescriptor rule, ArgumentName[] at, params object[] values) =>
        new(rule, at.ToEquatableArray(), values.Select(Text).ToEquatableArray());

    /// <summary>On one of the detector's members.</summary>
    public static Problem On(DiagnosticDescriptor rule, string member, params object[] values) =>
        At(rule, [], values) with { Member = member };

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
