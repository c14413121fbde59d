using Fovea.Cpu;
using Fovea.Detection;
using Fovea.Ops.BoxLoss;
using Fovea.Ops.Matching;
using Fovea.CompilerServices;

namespace Fovea.Ops;

internal readonly unsafe partial struct CpuBackend
{
    /// <summary>Anchors of one task of the box loss.</summary>
    private const int BoxLossChunk = 1 << 13;

    /// <inheritdoc cref="IBackend.BoxLoss"/>
    public void BoxLoss(
        PyramidMap deltas, AnchorMap anchors, MatchMap matches, GroundTruthMap truth, in BoxLossRule rule, LossTerm loss,
        PyramidMap ddeltas)
    {
        MatchingOperands.CheckLevels(anchors, truth, matches);
        AnchorRows.Require(deltas, matches, 4, nameof(deltas));
        AnchorRows.Require(ddeltas, matches, 4, nameof(ddeltas));
        AnchorRows.Require(loss, matches);
        var partial = new LossSums(context, matches, BoxLossChunk);
        var jobs = default(PyramidJob<BoxLossJob>);
        for (var level = 0; level < matches.Levels; level++)
        {
            var map = matches[level];
            jobs.Add(new BoxLossJob(new BoxLossJob.Operands
            {
                Deltas = (BoxDeltas*)context.Pointer(deltas[level]),
                Gradients = (BoxDeltas*)context.Pointer(ddeltas[level]),
                Anchors = (Box*)context.At(anchors[level].Offset),
                Matches = (int*)context.At(map.Offset),
                Truths = (Box*)context.At(truth.Boxes),
                Weights = context.At(truth.LossWeights),
                Capacity = truth.Capacity,
                Images = map.Images,
                Count = map.Anchors,
                ChunkLength = BoxLossChunk,
                Chunks = LossSums.Chunks(map, BoxLossChunk),
                Rule = rule,
                Partial = partial.Of(level),
            }));
        }

        jobs.Run(context.Pool);
        partial.Add(context.At(loss.Offset));
    }
}
