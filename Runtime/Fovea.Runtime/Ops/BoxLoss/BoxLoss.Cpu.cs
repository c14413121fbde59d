using Fovea.Cpu;
using Fovea.Detection;
using Fovea.Ops.BoxLoss;
using Fovea.Ops.FocalLoss;
using Fovea.Tensors;

namespace Fovea.Ops;

internal readonly unsafe partial struct CpuBackend
{
    /// <summary>Anchors of one task of the box loss.</summary>
    private const int BoxLossChunk = 1 << 13;

    /// <inheritdoc cref="Backends.IBackend.BoxLoss"/>
    public void BoxLoss(
        FeatureMap deltas, AnchorMap anchors, MatchMap matches, GroundTruthMap truth, in BoxLossRule rule, LossTerm loss,
        FeatureMap ddeltas)
    {
        RequireRows(deltas, matches, 4, nameof(deltas));
        RequireRows(ddeltas, matches, 4, nameof(ddeltas));
        if (anchors.Count != matches.Anchors)
        {
            throw new ArgumentException($"{anchors.Count} anchors, but matches for {matches.Anchors}.", nameof(anchors));
        }

        var chunks = (matches.Anchors + BoxLossChunk - 1) / BoxLossChunk;
        var tasks = matches.Images * chunks;
        var partial = (double*)context.SharedWorkspace(2L * tasks);
        var job = new BoxLossJob(new BoxLossJob.Operands
        {
            Deltas = (BoxDeltas*)context.Pointer(deltas),
            Gradients = (BoxDeltas*)context.Pointer(ddeltas),
            Anchors = (Box*)context.At(anchors.Offset),
            Matches = (int*)context.At(matches.Offset),
            Truths = (Box*)context.At(truth.Boxes),
            Weights = context.At(truth.LossWeights),
            Capacity = truth.Capacity,
            Count = matches.Anchors,
            ChunkLength = BoxLossChunk,
            Chunks = chunks,
            Rule = rule,
            Partial = partial,
        });
        context.Pool.Run(tasks, ref job);
        *context.At(loss.Offset) = SumInOrder(partial, tasks);
    }
}
