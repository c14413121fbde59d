using Fovea.CompilerServices;
using Fovea.Cpu;
using Fovea.Detection;
using Fovea.Ops.Matching;

namespace Fovea.Ops.BoxLoss;

/// <summary>Box loss of one level. A task is one image and one run of anchors; only foreground anchors contribute.</summary>
internal readonly unsafe struct BoxLossJob(BoxLossJob.Operands operands) : ICountedJob
{
    private readonly Operands o = operands;

    /// <summary>What the tasks read and write.</summary>
    public struct Operands
    {
        /// <summary>Deltas and gradients <c>[N, anchors]</c>, anchors <c>[anchors]</c>.</summary>
        public BoxDeltas* Deltas;
        public BoxDeltas* Gradients;
        public Box* Anchors;

        /// <summary>Ground truth <c>[N, capacity]</c>.</summary>
        public Box* Truths;

        public BoxLossRule Rule;
        public LossTasks Tasks;
    }

    public int Tasks => o.Tasks.Count;

    public void Execute(int task, int worker)
    {
        var (image, start, stop) = o.Tasks.Run(task);
        var matches = o.Tasks.MatchesOf(image);
        var weight = o.Tasks.Weights[image] * o.Rule.Weight;
        var rows = (long)image * o.Tasks.Anchors;
        var sum = 0.0;
        new Span<BoxDeltas>(o.Gradients + rows + start, stop - start).Clear();
        for (var a = start; a < stop; a++)
        {
            var match = matches[a];
            if (match >= 0)
            {
                var truth = o.Truths + (long)image * o.Tasks.Capacity + match;
                sum += BoxLossKernel.Evaluate(o.Deltas[rows + a], o.Anchors[a], *truth, o.Rule, weight, out o.Gradients[rows + a]);
            }
        }

        o.Tasks.Partial[task] = sum * weight;
    }
}
