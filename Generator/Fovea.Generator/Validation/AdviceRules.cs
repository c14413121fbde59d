using Fovea.Generator.Declarations;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Validation;

/// <summary>
/// What compiles and is hardly meant: warnings. An argument without effect is told of only where it is written in the source.
/// </summary>
internal static class AdviceRules
{
    public static IEnumerable<Problem> P6Exists(ModelSpec spec) => Problems.Unless(
        spec.Pyramid.MaxLevel >= 6, Rules.UnusedP6From,
        new(KnownNames.Pyramid.Attribute, KnownNames.Pyramid.P6From), spec.Pyramid.MaxLevel);

    public static IEnumerable<Problem> NormHasGroups(ModelSpec spec) => Problems.Unless(
        spec.Backbone.Norm == NormKind.GroupNorm, Rules.UnusedNormGroups,
        new(KnownNames.Backbone.Attribute, KnownNames.Backbone.NormGroups), spec.Backbone.Norm);

    public static IEnumerable<Problem> NormHasBatchStatistics(ModelSpec spec) => Problems.Unless(
        spec.Backbone.Norm == NormKind.BatchNorm, Rules.UnusedNormStatistics,
        new(KnownNames.Backbone.Attribute, KnownNames.Backbone.NormStatistics), spec.Backbone.Norm);

    public static IEnumerable<Problem> ClassesAreNoFlags(ModelSpec spec) =>
        Problems.Unless(!spec.Type.ClassesAreFlags, Rules.FlagsAsClasses, ClassRules.Classes(spec), ClassRules.Enum(spec));

    public static IEnumerable<Problem> BackgroundIsNoClass(ModelSpec spec) =>
        from member in spec.ClassMembers
        where IsBackground(member.Member) || IsBackground(member.Name)
        select Problems.At(Rules.BackgroundClass, ClassRules.Classes(spec), ClassRules.Enum(spec), member.Member);

    /// <summary>Background, BACKGROUND, and __background__ of torchvision's lists.</summary>
    private static bool IsBackground(string name) => name.Trim('_', ' ').Equals("background", StringComparison.OrdinalIgnoreCase);
}
