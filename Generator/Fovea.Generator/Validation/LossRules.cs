using Fovea.Generator.Spec;

namespace Fovea.Generator.Validation;

/// <summary>Rules about the losses.</summary>
internal static class LossRules
{
    public static IEnumerable<Problem> OneClassificationLoss(ModelSpec spec) => Problems.Unless(
        spec.DeclaredLosses.Count <= 1, Rules.SeveralLosses, new(spec.DeclaredLosses.ElementAtOrDefault(1) ?? ""),
        spec.Name, string.Join(" and ", spec.DeclaredLosses.Select(Brackets)));

    public static IEnumerable<Problem> AlphaIsInRange(ModelSpec spec)
    {
        var loss = spec.ClassificationLoss;
        var preset = loss.Kind == ClassificationLossKind.Focal ? 0.25 : 0.75;
        return Problems.Unless(
            loss.Kind == ClassificationLossKind.CrossEntropy || Range.Alpha.Contains(loss.Alpha),
            Rules.Alpha, OnClassification(spec, KnownNames.FocalLoss.Alpha), loss.Alpha, preset);
    }

    public static IEnumerable<Problem> GammaIsInRange(ModelSpec spec) => Problems.Unless(
        Range.Gamma.Contains(spec.ClassificationLoss.Gamma), Rules.Gamma, OnClassification(spec, KnownNames.FocalLoss.Gamma),
        spec.ClassificationLoss.Gamma);

    public static IEnumerable<Problem> WeightsAreInRange(ModelSpec spec) =>
    [
        .. Problems.Unless(
            Range.Positive.Contains(spec.ClassificationLoss.Weight), Rules.LossWeight, OnClassification(spec, KnownNames.FocalLoss.Weight),
            spec.ClassificationLoss.Weight),
        .. Problems.Unless(
            Range.Positive.Contains(spec.BoxLoss.Weight), Rules.LossWeight, new(KnownNames.BoxLoss.Attribute, KnownNames.BoxLoss.Weight),
            spec.BoxLoss.Weight),
    ];

    public static IEnumerable<Problem> BetaIsInRange(ModelSpec spec) =>
        Problems.Unless(
            Range.Positive.Contains(spec.BoxLoss.Beta), Rules.Beta,
            new(KnownNames.BoxLoss.Attribute, KnownNames.BoxLoss.Beta), spec.BoxLoss.Beta);

    /// <summary>The attribute that declares it.</summary>
    public static string AttributeOf(ClassificationLossKind kind) => kind switch
    {
        ClassificationLossKind.CrossEntropy => KnownNames.CrossEntropyLoss.Attribute,
        ClassificationLossKind.BalancedCrossEntropy => KnownNames.BalancedCrossEntropyLoss.Attribute,
        _ => KnownNames.FocalLoss.Attribute,
    };

    private static ArgumentName OnClassification(ModelSpec spec, string argument) =>
        new(AttributeOf(spec.ClassificationLoss.Kind), argument);

    /// <summary>"[FocalLoss]".</summary>
    private static string Brackets(string metadataName) => "[" + metadataName.Replace("Fovea.", "").Replace("Attribute", "") + "]";
}
