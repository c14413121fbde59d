using Fovea.Cpu;
using Fovea.Detection;
using Fovea.Tensors;

namespace Fovea.Ops.FocalLoss;

/// <summary>
/// Focal loss of one level. A task is one image and one run of anchors. Runs of anchors that are background are one stretch of negative
/// logits;
/// a foreground anchor's logits are negative ones on both sides of its class.
/// </summary>
internal readonly unsafe struct FocalJob<TFocusing>(FocalJob<TFocusing>.Operands operands, TFocusing focusing) : ICpuJob
    where TFocusing : struct, IFocusing
{
    private readonly Operands o = operands;
    private readonly TFocusing focusing = focusing;

    /// <summary>What the tasks read and write.</summary>
    public struct Operands
    {
        /// <summary>Logits and gradients <c>[N, anchors, K]</c>, matches <c>[N, anchors]</c>.</summary>
        public float* Logits;
        public float* Gradients;
        public int* Matches;

        /// <summary>Classes of the ground truth <c>[N, capacity]</c>, weights of the images <c>[N]</c>.</summary>
        public int* Classes;
        public float* Weights;
        public int Capacity;

        public int Anchors;
        public int ChunkLength;
        public int Chunks;
        public FocalRule Rule;

        /// <summary>The weighted loss of each task <c>[N, chunks]</c>.</summary>
        public double* Partial;
    }

    public void Execute(int task, int worker)
    {
        var image = task / o.Chunks;
        var start = task % o.Chunks * o.ChunkLength;
        var count = Math.Min(o.ChunkLength, o.Anchors - start);
        var rule = o.Rule;
        var weight = o.Weights[image] * rule.Weight;
        var positiveFactor = rule.Alpha < 0 ? 1.0 : rule.Alpha;
        var negativeFactor = rule.Alpha < 0 ? 1.0 : 1 - (double)rule.Alpha;
        var positiveScale = (float)(positiveFactor * weight);
        var negativeScale = (float)(negativeFactor * weight);
        var positives = 0.0;
        var negatives = 0.0;
        var matches = o.Matches + (long)image * o.Anchors;
        for (var a = start; a < start + count;)
        {
            var first = ((long)image * o.Anchors + a) * rule.Classes;
            var match = matches[a];
            if (match >= 0)
            {
                var channel = Channel(image, match);
                negatives += FocalKernel.Negatives(o.Logits + first, channel, rule.Gamma, focusing, negativeScale, o.Gradients + first);
                positives += FocalKernel.Positive(o.Logits[first + channel], rule.Gamma, focusing, positiveScale, o.Gradients + first + channel);
                first += channel + 1;
                negatives += FocalKernel.Negatives(
                    o.Logits + first, rule.Classes - channel - 1, rule.Gamma, focusing, negativeScale, o.Gradients + first);
                a++;
                continue;
            }

            var end = a + 1;
            while (end < start + count && matches[end] == match)
            {
                end++;
            }

            if (match == Matcher.Background)
            {
                negatives += FocalKernel.Negatives(
                    o.Logits + first, (end - a) * rule.Classes, rule.Gamma, focusing, negativeScale, o.Gradients + first);
            }
            else
            {
                new Span<float>(o.Gradients + first, (end - a) * rule.Classes).Clear();
            }

            a = end;
        }

        o.Partial[task] = (positives * positiveFactor + negatives * negativeFactor) * weight;
    }

    private int Channel(int image, int match)
    {
        var channel = o.Classes[(long)image * o.Capacity + match];
        return (uint)channel < (uint)o.Rule.Classes
            ? channel
            : throw new InvalidOperationException(
                $"Ground truth {match} of image {image} has class {channel}, expected 0 … {o.Rule.Classes - 1}: classes are channels of the logits.");
    }
}
