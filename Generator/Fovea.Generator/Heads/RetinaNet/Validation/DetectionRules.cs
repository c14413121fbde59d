using Fovea.Generator.Declarations;
using Fovea.Generator.Spec;
using Matching = Fovea.Generator.KnownNames.Matching;
using Post = Fovea.Generator.KnownNames.PostProcessing;

namespace Fovea.Generator.Heads.RetinaNet.Validation;

/// <summary>Rules about [Matching] and [PostProcessing].</summary>
internal static class DetectionRules
{
    private const int MaxCount = 100_000;

    public static IEnumerable<Problem> IoUsAreInRange(ModelSpec spec)
    {
        var m = RetinaNetSpec.Of(spec).Matching;
        return [.. IoU(Matching.ForegroundIoU, m.ForegroundIoU), .. IoU(Matching.BackgroundIoU, m.BackgroundIoU)];
    }

    public static IEnumerable<Problem> IoUsAreOrdered(ModelSpec spec)
    {
        var m = RetinaNetSpec.Of(spec).Matching;
        return IsIoU(m.ForegroundIoU) && IsIoU(m.BackgroundIoU) && m.BackgroundIoU > m.ForegroundIoU
            ? [Problems.At(
                Diagnostics.MatchingOrder, [OnMatching(Matching.BackgroundIoU), OnMatching(Matching.ForegroundIoU)],
                m.BackgroundIoU, m.ForegroundIoU)]
            : [];
    }

    public static IEnumerable<Problem> ThresholdsAreInRange(ModelSpec spec)
    {
        var p = RetinaNetSpec.Of(spec).PostProcessing;
        return
        [
            .. Problems.Unless(
                Ranges.Score.Contains(p.ScoreThreshold), Diagnostics.ScoreThreshold, OnPost(Post.ScoreThreshold), p.ScoreThreshold),
            .. Problems.Unless(IsIoU(p.NmsIoU), Diagnostics.NmsIoU, OnPost(Post.NmsIoU), p.NmsIoU),
        ];
    }

    public static IEnumerable<Problem> CountsAreInRange(ModelSpec spec)
    {
        var p = RetinaNetSpec.Of(spec).PostProcessing;
        return [.. Count(Post.TopK, p.TopK), .. Count(Post.MaxDetections, p.MaxDetections)];
    }

    /// <summary>Advice.</summary>
    public static IEnumerable<Problem> LowQualityMatchesExist(ModelSpec spec) => Problems.Unless(
        RetinaNetSpec.Of(spec).Matching.AllowLowQuality, Diagnostics.UnusedSkipUncovered, OnMatching(Matching.SkipUncovered));

    private static IEnumerable<Problem> IoU(string argument, double value) =>
        Problems.Unless(IsIoU(value), Diagnostics.MatchingIoU, OnMatching(argument), argument, value);

    private static IEnumerable<Problem> Count(string argument, int value) =>
        Problems.Unless(value is > 0 and <= MaxCount, Diagnostics.DetectionCount, OnPost(argument), argument, value, $"1 to {MaxCount}");

    private static bool IsIoU(double value) => Ranges.IoU.Contains(value);

    private static ArgumentName OnMatching(string argument) => new(Matching.Attribute, argument);

    private static ArgumentName OnPost(string argument) => new(Post.Attribute, argument);
}
