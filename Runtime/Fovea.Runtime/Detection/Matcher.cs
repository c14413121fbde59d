using Fovea.CompilerServices;

namespace Fovea.Detection;

/// <summary>
/// Assigns anchors to ground truth, one image at a time, plainly: this is the reference of <c>Ops/Matching</c>, against which the backends
/// are tested. It is geometry without memory, so it lies here.
/// Results: index of the ground truth, or <see cref="Background"/>, or <see cref="Ignored"/>.
/// </summary>
/// <remarks>Source: torchvision/models/detection/_utils.py (0.14), Matcher; arXiv:1708.02002, section 4 "Anchors".</remarks>
internal static class Matcher
{
    /// <summary>The anchor is background.</summary>
    public const int Background = -1;

    /// <summary>The anchor takes part in no loss.</summary>
    public const int Ignored = -2;

    /// <summary>The class of a truth that is no object but a region in which there may be some. All below 0 are.</summary>
    public const int Region = -1;

    /// <summary>Matches by a matrix of IoUs.</summary>
    /// <param name="quality">IoU <c>[truths, anchors]</c>.</param>
    /// <param name="truths">G; 0 makes every anchor background.</param>
    /// <param name="rule">Thresholds.</param>
    /// <param name="matches">Receives one result for each anchor.</param>
    public static void Match(ReadOnlySpan<float> quality, int truths, in MatchingRule rule, Span<int> matches)
    {
        var anchors = matches.Length;
        if (quality.Length != (long)truths * anchors)
        {
            throw new ArgumentException(
                $"quality has {quality.Length} elements, expected {truths} truths × {anchors} anchors.", nameof(quality));
        }

        if (truths == 0)
        {
            matches.Fill(Background);
            return;
        }

        var maxima = new float[truths];
        for (var g = 0; g < truths; g++)
        {
            maxima[g] = Maximum(quality.Slice(g * anchors, anchors));
        }

        for (var a = 0; a < anchors; a++)
        {
            matches[a] = MatchOne(quality, anchors, a, maxima, rule);
        }
    }

    /// <summary>Matches by boxes.</summary>
    public static void Match(ReadOnlySpan<Box> truths, ReadOnlySpan<Box> anchors, in MatchingRule rule, Span<int> matches)
    {
        var quality = new float[(long)truths.Length * anchors.Length];
        for (var g = 0; g < truths.Length; g++)
        {
            for (var a = 0; a < anchors.Length; a++)
            {
                quality[(long)g * anchors.Length + a] = BoxMath.IoU(truths[g], anchors[a]);
            }
        }

        Match(quality, truths.Length, rule, matches);
    }

    /// <summary>Matches by boxes of which some may be regions.</summary>
    /// <remarks>
    /// The overlap with a region is COCO's of a detection with a crowd: the intersection over the anchor's own area. What is background,
    /// and would not be if it overlapped an object so much, is ignored.
    /// </remarks>
    /// <param name="truths">G boxes.</param>
    /// <param name="classes">G classes, below 0 of regions.</param>
    /// <param name="anchors">The anchors.</param>
    /// <param name="rule">Thresholds.</param>
    /// <param name="matches">Receives one result for each anchor.</param>
    public static void Match(
        ReadOnlySpan<Box> truths, ReadOnlySpan<int> classes, ReadOnlySpan<Box> anchors, in MatchingRule rule, Span<int> matches)
    {
        var (objects, boxes, regions) = (new List<int>(), new List<Box>(), new List<Box>());
        for (var g = 0; g < truths.Length; g++)
        {
            if (classes[g] >= 0)
            {
                objects.Add(g);
                boxes.Add(truths[g]);
            }
            else
            {
                regions.Add(truths[g]);
            }
        }

        Match([.. boxes], anchors, rule, matches);
        for (var a = 0; a < anchors.Length; a++)
        {
            if (matches[a] >= 0)
            {
                matches[a] = objects[matches[a]];
                continue;
            }

            foreach (var region in regions)
            {
                matches[a] = Covered(anchors[a], region) >= rule.BackgroundIoU ? Ignored : matches[a];
            }
        }
    }

    /// <summary>The share of an anchor that lies in a region.</summary>
    public static float Covered(in Box anchor, in Box region)
    {
        var common = BoxMath.Intersection(region, anchor);
        return common > 0 ? common / anchor.Area : 0;
    }

    private static int MatchOne(ReadOnlySpan<float> quality, int anchors, int a, float[] maxima, in MatchingRule rule)
    {
        var best = 0;
        var isSomeTruthsBest = false;
        for (var g = 0; g < maxima.Length; g++)
        {
            var iou = quality[g * anchors + a];
            if (iou > quality[best * anchors + a])
            {
                best = g;
            }

            isSomeTruthsBest |= iou == maxima[g] && !(rule.SkipUncovered && maxima[g] == 0);
        }

        // A truth's best anchor gets its own best truth, which may be another one: torchvision's set_low_quality_matches_.
        if (rule.AllowLowQuality && isSomeTruthsBest)
        {
            return best;
        }

        var value = quality[best * anchors + a];
        return value < rule.BackgroundIoU ? Background : value < rule.ForegroundIoU ? Ignored : best;
    }

    private static float Maximum(ReadOnlySpan<float> values)
    {
        var maximum = 0f;
        foreach (var v in values)
        {
            maximum = MathF.Max(maximum, v);
        }

        return maximum;
    }
}
