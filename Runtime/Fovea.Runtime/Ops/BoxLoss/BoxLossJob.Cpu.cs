using Fovea.CompilerServices;
using Fovea.Cpu;
using Fovea.Detection;

namespace Fovea.Ops.BoxLoss;

/// <summary>Box loss of one level. A task is one image and one run of anchors; only foreground anchors contribute.</summary>
internal readonly unsafe struct BoxLossJob(BoxLossJob.Operands operands) : ICountedJob
{
    private readonly Operands o = operands;

    /// <summary>What the tasks read and write.</summary>
    public struct Operands
    {
        /// <summary>Deltas and gradients <c>[N, anchors]</c>, anchors <c>[anchors]</c>, matches <c>[N, anchors]</c>.</summary>
        public BoxDeltas* Deltas;
        public BoxDeltas* Gradients;
        public Box* Anchors;
        public int* Matches;

        /// <summary>Ground truth <c>[N, capacity]</c>, weights of the images <c>[N]</c>.</summary>
        public Box* Truths;
        public float* Weights;
        public int Capacity;

        public int Images;
        public int Count;
        public int ChunkLength;
        public int Chunks;
        public BoxLossRule Rule;

        /// <summary>The weighted loss of each task <c>[N, chunks]</c>.</summary>
        public double* Partial;
    }

    public int Tasks => o.Images * o.Chunks;

    public void Execute(int task, int worker)
    {
        var image = task / o.Chunks;
        var start = task % o.Chunks * o.ChunkLength;
        var count = Math.Min(o.ChunkLength, o.Count - start);
        var weight = o.Weights[image] * o.Rule.Weight;
        var rows = (long)image * o.Count;
        var sum = 0.0;
        new Span<BoxDeltas>(o.Gradients + rows + start, count).Clear();
        for (var a = start; a < start + count; a++)
        {
            var match = o.Matches[rows + a];
            if (match >= 0)
            {
                var truth = o.Truths + (long)image * o.Capacity + match;
                sum += BoxLossKernel.Evaluate(o.Deltas[rows + a], o.Anchors[a], *truth, o.Rule, weight, out o.Gradients[rows + a]);
            }
        }

        o.Partial[task] = sum * weight;
    }
}
