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
        AnchorRows.RequireLoss(deltas, ddeltas, matches, 4, loss);
        var partial = new LossSums(context, matches, truth, BoxLossChunk);
        var jobs = default(PyramidJob<BoxLossJob>);
        for (var level = 0; level < matches.Levels; level++)
        {
            jobs.Add(new BoxLossJob(new BoxLossJob.Operands
            {
                Deltas = (BoxDeltas*)context.Pointer(deltas[level]),
                Gradients = (BoxDeltas*)context.Pointer(ddeltas[level]),
                Anchors = (Box*)context.At(anchors[level].Offset),
                Truths = (Box*)context.At(truth.Boxes),
                Rule = rule,
                Tasks = partial.Of(level),
            }));
        }

        jobs.Run(context.Pool);
        partial.Add(context.At(loss.Offset));
    }
}
