using Fovea.Generator.Declarations;
using Fovea.Generator.Spec;
using Box = Fovea.Generator.KnownNames.BoxLoss;
using Focal = Fovea.Generator.KnownNames.FocalLoss;

namespace Fovea.Generator.Heads.RetinaNet.Validation;

/// <summary>Rules about the losses.</summary>
internal static class LossRules
{
    public static IEnumerable<Problem> OneClassificationLoss(ModelSpec spec)
    {
        var declared = RetinaNetSpec.Of(spec).DeclaredLosses;
        return Problems.Unless(
            declared.Count <= 1, Diagnostics.SeveralLosses, new(declared.ElementAtOrDefault(1) ?? ""),
            spec.Name, string.Join(" and ", declared.Select(Brackets)));
    }

    public static IEnumerable<Problem> AlphaIsInRange(ModelSpec spec)
    {
        var loss = Classification(spec);
        var preset = loss.Kind == ClassificationLossKind.Focal ? 0.25 : 0.75;
        return Problems.Unless(
            loss.Kind == ClassificationLossKind.CrossEntropy || Ranges.Alpha.Contains(loss.Alpha),
            Diagnostics.Alpha, On(loss, Focal.Alpha), loss.Alpha, preset);
    }

    public static IEnumerable<Problem> GammaIsInRange(ModelSpec spec)
    {
        var loss = Classification(spec);
        return Problems.Unless(Ranges.Gamma.Contains(loss.Gamma), Diagnostics.Gamma, On(loss, Focal.Gamma), loss.Gamma);
    }

    public static IEnumerable<Problem> WeightsAreInRange(ModelSpec spec)
    {
        var (loss, box) = (Classification(spec), RetinaNetSpec.Of(spec).BoxLoss);
        return
        [
            .. Problems.Unless(Ranges.Positive.Contains(loss.Weight), Diagnostics.LossWeight, On(loss, Focal.Weight), loss.Weight),
            .. Problems.Unless(Ranges.Positive.Contains(box.Weight), Diagnostics.LossWeight, OnBox(Box.Weight), box.Weight),
        ];
    }

    public static IEnumerable<Problem> BetaIsInRange(ModelSpec spec)
    {
        var beta = RetinaNetSpec.Of(spec).BoxLoss.Beta;
        return Problems.Unless(Ranges.Positive.Contains(beta), Diagnostics.Beta, OnBox(Box.Beta), beta);
    }

    /// <summary>Advice.</summary>
    public static IEnumerable<Problem> BetaHasASquarePart(ModelSpec spec)
    {
        var kind = RetinaNetSpec.Of(spec).BoxLoss.Kind;
        return Problems.Unless(kind == "SmoothL1", Diagnostics.UnusedBeta, OnBox(Box.Beta), kind);
    }

    /// <summary>An argument of the attribute that declares the loss.</summary>
    public static ArgumentName On(ClassificationLossSpec loss, string argument) => new(
        loss.Kind switch
        {
            ClassificationLossKind.CrossEntropy => KnownNames.CrossEntropyLoss.Attribute,
            ClassificationLossKind.BalancedCrossEntropy => KnownNames.BalancedCrossEntropyLoss.Attribute,
            _ => Focal.Attribute,
        },
        argument);

    private static ClassificationLossSpec Classification(ModelSpec spec) => RetinaNetSpec.Of(spec).ClassificationLoss;

    private static ArgumentName OnBox(string argument) => new(Box.Attribute, argument);

    /// <summary>"[FocalLoss]".</summary>
    private static string Brackets(string metadataName) => "[" + metadataName.Replace("Fovea.", "").Replace("Attribute", "") + "]";
}
