using System.Collections.Immutable;
using Fovea.Generator.Declarations;
using Fovea.Generator.Heads;
using Fovea.Generator.Spec;
using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Validation;

/// <summary>What is wrong with a spec: ordered lists of small rules, and those of its head.</summary>
/// <remarks>
/// A rule that compares two values is silent where another rule already reports one of them: one mistake gives one error. Rules about
/// products of values run only where every value is in range, and advice is given only on what can be compiled.
/// </remarks>
internal static class SpecValidator
{
    /// <summary>Every diagnostic that there is, in the order of ids.</summary>
    public static ImmutableArray<DiagnosticDescriptor> Diagnostics { get; } = DiagnosticsOf(HeadTable.Default);

    public static ImmutableArray<DiagnosticDescriptor> DiagnosticsOf(HeadTable heads) =>
        [.. Rules.All.Concat(heads.Heads.SelectMany(head => head.Diagnostics)).OrderBy(rule => rule.Id, StringComparer.Ordinal)];

    private static readonly ImmutableArray<SpecRule> ValueRules =
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
        CanvasRules.SizesAreInRange,
        CanvasRules.SizesAreDistinct,
        CanvasRules.FixedOrVariable,
        CanvasRules.ResizeIsInRange,
    ];

    private static readonly ImmutableArray<SpecRule> Advice =
    [
        AdviceRules.P6Exists,
        AdviceRules.NormHasGroups,
        AdviceRules.NormHasBatchStatistics,
        AdviceRules.ClassesAreNoFlags,
        AdviceRules.BackgroundIsNoClass,
    ];

    /// <summary>Errors. None for a spec that can be compiled, unless the compiler itself reports the declaration.</summary>
    public static ImmutableArray<Problem> Validate(ModelSpec spec) => Validate(spec, HeadTable.Default.Of(spec));

    /// <param name="head">The spec's.</param>
    public static ImmutableArray<Problem> Validate(ModelSpec spec, IHeadModule head)
    {
        ImmutableArray<Problem> found =
        [
            .. ValueRules.Concat(head.Rules).SelectMany(rule => rule(spec)).Where(problem => IsKnown(spec, problem)),
        ];
        return !found.IsEmpty || spec.CompilerReports
            ? found
            : ProductRules(head).Select(rule => rule(spec).ToImmutableArray()).FirstOrDefault(problems => !problems.IsEmpty).OrEmpty();
    }

    /// <summary>Warnings about a spec without errors.</summary>
    public static ImmutableArray<Problem> Advise(ModelSpec spec) => Advise(spec, HeadTable.Default.Of(spec));

    /// <param name="head">The spec's.</param>
    public static ImmutableArray<Problem> Advise(ModelSpec spec, IHeadModule head) =>
        [.. Advice.Concat(head.Advice).SelectMany(rule => rule(spec))];

    private static IEnumerable<SpecRule> ProductRules(IHeadModule head) =>
    [
        SizeRules.BottlenecksAreInRange,
        spec => SizeRules.ParametersFit(ModelSize.Parts(spec, head)),
        spec => SizeRules.MapsFit(spec, ModelSize.Parts(spec, head)),
    ];

    /// <summary>
    /// Whether it follows from what the compiler could read: of an argument that does not compile, a default stands in the spec.
    /// </summary>
    private static bool IsKnown(ModelSpec spec, Problem problem) =>
        spec.Unreadable.Count == 0
        || problem.At.Count == 0
        || !(spec.Unreadable.Contains(spec.Head.Declaration) || problem.At.Any(at => spec.Unreadable.Contains(at.Attribute)));

    private static ImmutableArray<Problem> OrEmpty(this ImmutableArray<Problem> problems) => problems.IsDefault ? [] : problems;
}
