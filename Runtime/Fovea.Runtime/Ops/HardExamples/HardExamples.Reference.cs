using Fovea.CompilerServices;
using Fovea.Detection;
using Fovea.Ops.BoxLoss;
using Fovea.Ops.FocalLoss;

namespace Fovea.Ops.HardExamples;

/// <summary>
/// Online hard example mining of one image, anchor by anchor with scores in double: what the operators are tested against. The overlaps
/// are float32, so that comparisons with the threshold fall the same way.
/// </summary>
/// <remarks>
/// Source: Shrivastava, Gupta, Girshick, arXiv:1604.03540, section 4 (hard examples after NMS by loss); Liu et al., arXiv:1512.02325,
/// section 2.2 (the ratio 1:3); arXiv:1708.02002, section 5.1 and table 1d (both in RetinaNet).
/// </remarks>
internal static class HardExampleReference
{
    /// <summary>Each anchor's loss; −∞ for one that is ignored.</summary>
    /// <param name="logits"><c>[anchors, K]</c>.</param>
    /// <param name="deltas"><c>[anchors]</c>.</param>
    /// <param name="anchors">As many boxes.</param>
    /// <param name="matches">One for each anchor.</param>
    /// <param name="truths">Boxes of the ground truth.</param>
    /// <param name="classes">Its classes.</param>
    /// <param name="rule">K is read.</param>
    /// <param name="boxLoss">The box loss and its weight.</param>
    public static double[] Scores(
        ReadOnlySpan<float> logits, ReadOnlySpan<BoxDeltas> deltas, ReadOnlySpan<Box> anchors, ReadOnlySpan<int> matches,
        ReadOnlySpan<Box> truths, ReadOnlySpan<int> classes, in HardExampleRule rule, in BoxLossRule boxLoss)
    {
        var scores = new double[matches.Length];
        for (var a = 0; a < scores.Length; a++)
        {
            var match = matches[a];
            if (match == Matcher.Ignored)
            {
                scores[a] = double.NegativeInfinity;
                continue;
            }

            for (var k = 0; k < rule.Classes; k++)
            {
                scores[a] += FocalReference.Element(logits[(a * rule.Classes) + k], match >= 0 && classes[match] == k, -1, 0).Loss;
            }

            if (match >= 0)
            {
                scores[a] += boxLoss.Weight * BoxLossReference.Evaluate(deltas[a], anchors[a], truths[match], boxLoss).Value;
            }
        }

        return scores;
    }

    /// <summary>The anchors that are kept, greatest loss first.</summary>
    public static int[] Select(
        ReadOnlySpan<double> scores, ReadOnlySpan<Box> anchors, ReadOnlySpan<int> matches, in HardExampleRule rule)
    {
        var limit = rule.PositiveRatio == 0 ? rule.BatchSize : int.MaxValue;
        var order = Survivors(scores, anchors, matches, ScoreOrder.Meant(rule.NmsIoU), limit);
        if (rule.PositiveRatio == 0)
        {
            return [.. order];
        }

        var all = matches.ToArray();
        var ratio = rule.PositiveRatio;
        var foreground = order.Where(a => all[a] >= 0).Take(rule.BatchSize / (1 + ratio)).ToHashSet();
        var room = Math.Min((long)ratio * Math.Max(1, foreground.Count), rule.BatchSize - foreground.Count);
        var background = order.Where(a => all[a] < 0).Take((int)room).ToHashSet();
        return [.. order.Where(a => foreground.Contains(a) || background.Contains(a))];
    }

    /// <summary>Greedy suppression, until so many stay: greatest score first, equal ones by lower index.</summary>
    private static List<int> Survivors(
        ReadOnlySpan<double> scores, ReadOnlySpan<Box> anchors, ReadOnlySpan<int> matches, double threshold, int limit)
    {
        var values = scores.ToArray();
        var ignored = matches.ToArray().Select(match => match == Matcher.Ignored).ToArray();
        var survivors = new List<int>();
        foreach (var candidate in Enumerable.Range(0, values.Length).Where(a => !ignored[a]).OrderByDescending(a => values[a]))
        {
            if (survivors.Count < limit && !IsStruckOut(candidate, survivors, anchors, threshold))
            {
                survivors.Add(candidate);
            }
        }

        return survivors;
    }

    private static bool IsStruckOut(int candidate, List<int> better, ReadOnlySpan<Box> anchors, double threshold)
    {
        foreach (var other in better)
        {
            if (BoxMath.IoU(anchors[other], anchors[candidate]) > threshold)
            {
                return true;
            }
        }

        return false;
    }
}
