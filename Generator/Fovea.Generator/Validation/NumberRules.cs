using Fovea.Generator.Spec;

namespace Fovea.Generator.Validation;

/// <summary>Rules about numbers that the generated code has in single precision.</summary>
internal static class NumberRules
{
    /// <summary>1e-60 would become 0 and 0.99999999 become 1: other numbers than the declared ones, and not in their ranges.</summary>
    public static IEnumerable<Problem> NumbersSurviveAsFloats(ModelSpec spec) =>
        from argument in FloatingArguments(spec)
        where argument.Range.Contains(argument.Value) && !argument.Range.ContainsAsFloat(argument.Value)
        select Problems.At(
            Rules.LostAsFloat, argument.At, argument.At.Argument!, argument.Value, (double)(float)argument.Value);

    /// <summary>Every argument that is one number; the anchors' ratios are judged by their own rule.</summary>
    private static IEnumerable<(ArgumentName At, double Value, Range Range)> FloatingArguments(ModelSpec spec)
    {
        var classification = LossRules.AttributeOf(spec.ClassificationLoss.Kind);
        yield return (new(KnownNames.Anchors.Attribute, KnownNames.Anchors.BaseSize), spec.Anchors.BaseSize, Range.BaseSize);
        yield return (new(KnownNames.Head.Attribute, KnownNames.Head.Prior), spec.Head.Prior, Range.Prior);
        yield return (new(classification, KnownNames.FocalLoss.Alpha), spec.ClassificationLoss.Alpha, Range.Alpha);
        yield return (new(classification, KnownNames.FocalLoss.Gamma), spec.ClassificationLoss.Gamma, Range.Gamma);
        yield return (new(classification, KnownNames.FocalLoss.Weight), spec.ClassificationLoss.Weight, Range.Positive);
        yield return (new(KnownNames.BoxLoss.Attribute, KnownNames.BoxLoss.Beta), spec.BoxLoss.Beta, Range.Positive);
        yield return (new(KnownNames.BoxLoss.Attribute, KnownNames.BoxLoss.Weight), spec.BoxLoss.Weight, Range.Positive);
        yield return (new(KnownNames.Matching.Attribute, KnownNames.Matching.ForegroundIoU), spec.Matching.ForegroundIoU, Range.IoU);
        yield return (new(KnownNames.Matching.Attribute, KnownNames.Matching.BackgroundIoU), spec.Matching.BackgroundIoU, Range.IoU);
        yield return (
            new(KnownNames.PostProcessing.Attribute, KnownNames.PostProcessing.ScoreThreshold),
            spec.PostProcessing.ScoreThreshold, Range.Score);
        yield return (new(KnownNames.PostProcessing.Attribute, KnownNames.PostProcessing.NmsIoU), spec.PostProcessing.NmsIoU, Range.IoU);
    }
}
