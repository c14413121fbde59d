using Fovea.Generator.Spec;
using Matching = Fovea.Generator.KnownNames.Matching;
using Post = Fovea.Generator.KnownNames.PostProcessing;

namespace Fovea.Generator.Validation;

/// <summary>Rules about [Matching] and [PostProcessing].</summary>
internal static class DetectionRules
{
    private const int MaxCount = 100_000;

    public static IEnumerable<Problem> IoUsAreInRange(ModelSpec spec) =>
    [
        .. IoU(Matching.ForegroundIoU, spec.Matching.ForegroundIoU),
        .. IoU(Matching.BackgroundIoU, spec.Matching.BackgroundIoU),
    ];

    public static IEnumerable<Problem> IoUsAreOrdered(ModelSpec spec)
    {
        var m = spec.Matching;
        return IsIoU(m.ForegroundIoU) && IsIoU(m.BackgroundIoU) && m.BackgroundIoU > m.ForegroundIoU
            ? [Problems.At(
                Rules.MatchingOrder, [new(Matching.Attribute, Matching.BackgroundIoU), new(Matching.Attribute, Matching.ForegroundIoU)],
                m.BackgroundIoU, m.ForegroundIoU)]
            : [];
    }

    public static IEnumerable<Problem> ThresholdsAreInRange(ModelSpec spec) =>
    [
        .. Problems.Unless(
            Range.Score.Contains(spec.PostProcessing.ScoreThreshold), Rules.ScoreThreshold, OnPost(Post.ScoreThreshold),
            spec.PostProcessing.ScoreThreshold),
        .. Problems.Unless(IsIoU(spec.PostProcessing.NmsIoU), Rules.NmsIoU, OnPost(Post.NmsIoU), spec.PostProcessing.NmsIoU),
    ];

    public static IEnumerable<Problem> CountsAreInRange(ModelSpec spec) =>
    [
        .. Count(Post.TopK, spec.PostProcessing.TopK),
        .. Count(Post.MaxDetections, spec.PostProcessing.MaxDetections),
    ];

    private static IEnumerable<Problem> IoU(string argument, double value) =>
        Problems.Unless(IsIoU(value), Rules.MatchingIoU, new(Matching.Attribute, argument), argument, value);

    private static IEnumerable<Problem> Count(string argument, int value) =>
        Problems.Unless(value is > 0 and <= MaxCount, Rules.DetectionCount, OnPost(argument), argument, value, $"1 to {MaxCount}");

    private static bool IsIoU(double value) => Range.IoU.Contains(value);

    private static ArgumentName OnPost(string argument) => new(Post.Attribute, argument);
}
