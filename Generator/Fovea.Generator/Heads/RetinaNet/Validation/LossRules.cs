using Fovea.Generator.Declarations;
using Fovea.Generator.Spec;
using Box = Fovea.Generator.KnownNames.BoxLoss;
using Focal = Fovea.Generator.KnownNames.FocalLoss;
using Mining = Fovea.Generator.KnownNames.HardExamples;
using Star = Fovea.Generator.KnownNames.FocalLossStar;

namespace Fovea.Generator.Heads.RetinaNet.Validation;

/// <summary>Rules about the losses.</summary>
internal static class LossRules
{
    private const int MaxBatch = 100_000;

    private const int MaxRatio = 1000;

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
            !HasAlpha(loss) || Ranges.Alpha.Contains(loss.Alpha), Diagnostics.Alpha, On(loss, Focal.Alpha), loss.Alpha, preset);
    }

    public static IEnumerable<Problem> GammaIsInRange(ModelSpec spec)
    {
        var loss = Classification(spec);
        return Problems.Unless(
            loss.Kind == ClassificationLossKind.FocalStar || Ranges.Gamma.Contains(loss.Gamma), Diagnostics.Gamma, On(loss, Focal.Gamma),
            loss.Gamma);
    }

    public static IEnumerable<Problem> StarIsInRange(ModelSpec spec)
    {
        var loss = Classification(spec);
        return loss.Kind != ClassificationLossKind.FocalStar
            ? []
            :
            [
                .. Problems.Unless(Ranges.Steepness.Contains(loss.Gamma), Diagnostics.Steepness, On(loss, Star.Gamma), loss.Gamma),
                .. Problems.Unless(Ranges.Shift.Contains(loss.Beta), Diagnostics.Shift, On(loss, Star.Beta), loss.Beta),
            ];
    }

    public static IEnumerable<Problem> MiningIsInRange(ModelSpec spec)
    {
        var loss = Classification(spec);
        if (loss.HardExamples is not { } mining)
        {
            return [];
        }

        var batchIsFine = mining.BatchSize is > 0 and <= MaxBatch;
        var most = Math.Min(MaxRatio, mining.BatchSize - 1);
        return
        [
            .. Problems.Unless(batchIsFine, Diagnostics.MiningBatch, On(loss, Mining.BatchSize), mining.BatchSize),
            .. Problems.Unless(Ranges.IoU.Contains(mining.NmsIoU), Diagnostics.MiningIoU, On(loss, Mining.NmsIoU), mining.NmsIoU),
            .. Problems.Unless(
                !batchIsFine || (mining.PositiveRatio >= 0 && mining.PositiveRatio <= most), Diagnostics.MiningRatio,
                On(loss, Mining.PositiveRatio), mining.PositiveRatio, most, mining.BatchSize),
        ];
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

    /// <summary>Advice.</summary>
    public static IEnumerable<Problem> NormalizerDivides(ModelSpec spec) => Problems.Unless(
        Classification(spec).HardExamples is null, Diagnostics.UnusedNormalizer,
        new(KnownNames.Matching.Attribute, KnownNames.Matching.Normalizer));

    /// <summary>Whether the loss weighs objects and background differently.</summary>
    public static bool HasAlpha(ClassificationLossSpec loss) =>
        loss.Kind is ClassificationLossKind.Focal or ClassificationLossKind.BalancedCrossEntropy;

    /// <summary>An argument of the attribute that declares the loss.</summary>
    public static ArgumentName On(ClassificationLossSpec loss, string argument) => new(
        loss.Kind switch
        {
            ClassificationLossKind.CrossEntropy => KnownNames.CrossEntropyLoss.Attribute,
            ClassificationLossKind.BalancedCrossEntropy => KnownNames.BalancedCrossEntropyLoss.Attribute,
            ClassificationLossKind.FocalStar => Star.Attribute,
            ClassificationLossKind.HardExamples => Mining.Attribute,
            _ => Focal.Attribute,
        },
        argument);

    private static ClassificationLossSpec Classification(ModelSpec spec) => RetinaNetSpec.Of(spec).ClassificationLoss;

    private static ArgumentName OnBox(string argument) => new(Box.Attribute, argument);

    /// <summary>"[FocalLoss]".</summary>
    private static string Brackets(string metadataName) => "[" + metadataName.Replace("Fovea.", "").Replace("Attribute", "") + "]";
}
