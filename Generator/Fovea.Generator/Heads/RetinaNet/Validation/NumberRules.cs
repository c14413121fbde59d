using Fovea.Generator.Declarations;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Heads.RetinaNet.Validation;

/// <summary>Rules about numbers that the generated code has in single precision.</summary>
internal static class NumberRules
{
    public static IEnumerable<Problem> NumbersSurviveAsFloats(ModelSpec spec) =>
        FloatingArguments(RetinaNetSpec.Of(spec)).SelectMany(number => Problems.UnlessAFloat(number.At, number.Value, number.Range));

    /// <summary>Every argument that is one number; the anchors' ratios are judged by their own rule.</summary>
    private static IEnumerable<(ArgumentName At, double Value, NumberRange Range)> FloatingArguments(RetinaNetSpec head)
    {
        var (loss, post) = (head.ClassificationLoss, head.PostProcessing);
        yield return (new(KnownNames.Anchors.Attribute, KnownNames.Anchors.BaseSize), head.Anchors.BaseSize, Ranges.BaseSize);
        yield return (new(KnownNames.Head.Attribute, KnownNames.Head.Prior), head.Towers.Prior, Ranges.Prior);
        yield return (LossRules.On(loss, KnownNames.FocalLoss.Alpha), loss.Alpha, Ranges.Alpha);
        if (loss.Kind == ClassificationLossKind.FocalStar)
        {
            yield return (LossRules.On(loss, KnownNames.FocalLossStar.Gamma), loss.Gamma, Ranges.Steepness);
            yield return (LossRules.On(loss, KnownNames.FocalLossStar.Beta), loss.Beta, Ranges.Shift);
        }
        else
        {
            yield return (LossRules.On(loss, KnownNames.FocalLoss.Gamma), loss.Gamma, Ranges.Gamma);
        }

        if (loss.HardExamples is { } mining)
        {
            yield return (LossRules.On(loss, KnownNames.HardExamples.NmsIoU), mining.NmsIoU, Ranges.IoU);
        }

        yield return (LossRules.On(loss, KnownNames.FocalLoss.Weight), loss.Weight, Ranges.Positive);
        yield return (new(KnownNames.BoxLoss.Attribute, KnownNames.BoxLoss.Beta), head.BoxLoss.Beta, Ranges.Positive);
        yield return (new(KnownNames.BoxLoss.Attribute, KnownNames.BoxLoss.Weight), head.BoxLoss.Weight, Ranges.Positive);
        yield return (new(KnownNames.Matching.Attribute, KnownNames.Matching.ForegroundIoU), head.Matching.ForegroundIoU, Ranges.IoU);
        yield return (new(KnownNames.Matching.Attribute, KnownNames.Matching.BackgroundIoU), head.Matching.BackgroundIoU, Ranges.IoU);
        yield return (
            new(KnownNames.PostProcessing.Attribute, KnownNames.PostProcessing.ScoreThreshold), post.ScoreThreshold, Ranges.Score);
        yield return (new(KnownNames.PostProcessing.Attribute, KnownNames.PostProcessing.NmsIoU), post.NmsIoU, Ranges.IoU);
    }
}
