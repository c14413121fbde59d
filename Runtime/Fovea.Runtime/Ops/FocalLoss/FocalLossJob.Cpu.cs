using Fovea.Cpu;
using Fovea.Detection;
using Fovea.CompilerServices;
using Fovea.Ops.Matching;

namespace Fovea.Ops.FocalLoss;

/// <summary>
/// A classification loss of one level. A task is one image and one run of anchors. Runs of anchors that are background are one stretch of negative
/// logits;
/// a foreground anchor's logits are negative ones on both sides of its class.
/// </summary>
internal readonly unsafe struct FocalJob<TCurve>(FocalJob<TCurve>.Operands operands, TCurve curve) : ICountedJob
    where TCurve : struct, ILossCurve
{
    private readonly Operands o = operands;
    private readonly TCurve curve = curve;

    /// <summary>What the tasks read and write.</summary>
    public struct Operands
    {
        /// <summary>Logits and gradients <c>[N, anchors, K]</c>.</summary>
        public float* Logits;
        public float* Gradients;

        /// <summary>Classes of the ground truth <c>[N, capacity]</c>.</summary>
        public int* Classes;

        public FocalRule Rule;
        public LossTasks Tasks;
    }

    public int Tasks => o.Tasks.Count;

    public void Execute(int task, int worker)
    {
        var (image, start, stop) = o.Tasks.Run(task);
        var matches = o.Tasks.MatchesOf(image);
        var weight = o.Tasks.Weights[image] * o.Rule.Weight;
        var sums = new Sums(o.Rule, weight);
        for (var a = start; a < stop;)
        {
            var match = matches[a];
            var end = a + 1;
            if (match >= 0)
            {
                Foreground(image, a, match, ref sums);
                a = end;
                continue;
            }

            while (end < stop && matches[end] == match)
            {
                end++;
            }

            var first = ((long)image * o.Tasks.Anchors + a) * o.Rule.Classes;
            Stretch(first, (end - a) * o.Rule.Classes, match == Matcher.Background, ref sums);
            a = end;
        }

        o.Tasks.Partial[task] = (sums.Positives * sums.PositiveFactor + sums.Negatives * sums.NegativeFactor) * weight;
    }

    /// <summary>Logits of background or ignored anchors.</summary>
    private void Stretch(long first, int length, bool background, ref Sums sums)
    {
        if (background)
        {
            sums.Negatives += FocalKernel.Negatives(o.Logits + first, length, curve, sums.NegativeScale, o.Gradients + first);
        }
        else
        {
            new Span<float>(o.Gradients + first, length).Clear();
        }
    }

    private void Foreground(int image, int anchor, int match, ref Sums sums)
    {
        var first = ((long)image * o.Tasks.Anchors + anchor) * o.Rule.Classes;
        var channel = TruthChannel.Of(o.Classes, o.Tasks.Capacity, image, match, o.Rule.Classes);
        Stretch(first, channel, true, ref sums);
        var at = first + channel;
        sums.Positives += FocalKernel.Positive(o.Logits[at], curve, sums.PositiveScale, o.Gradients + at);
        Stretch(at + 1, o.Rule.Classes - channel - 1, true, ref sums);
    }

    /// <summary>Σ of positive and negative targets apart, and what α and the image's weight make of each.</summary>
    private struct Sums(in FocalRule rule, float weight)
    {
        public readonly double PositiveFactor = rule.Alpha < 0 ? 1 : rule.Alpha;
        public readonly double NegativeFactor = rule.Alpha < 0 ? 1 : 1 - (double)rule.Alpha;
        public readonly float PositiveScale = (float)((rule.Alpha < 0 ? 1 : rule.Alpha) * (double)weight);
        public readonly float NegativeScale = (float)((rule.Alpha < 0 ? 1 : 1 - (double)rule.Alpha) * weight);
        public double Positives;
        public double Negatives;
    }
}
