using Fovea.Cuda;
using Fovea.Ops.Matching;
using Fovea.CompilerServices;

namespace Fovea.Ops;

internal readonly partial struct CudaBackend
{
    /// <inheritdoc cref="IBackend.BoxLoss"/>
    /// <remarks>The gradient is multiplied by <see cref="CudaContext.LossScale"/>, the loss is not.</remarks>
    public void BoxLoss(
        PyramidMap deltas, AnchorMap anchors, MatchMap matches, GroundTruthMap truth, in BoxLossRule rule, LossTerm loss,
        PyramidMap ddeltas)
    {
        MatchingOperands.CheckLevels(anchors, truth, matches);
        AnchorRows.RequireLoss(deltas, ddeltas, matches, 4, loss);
        for (var level = 0; level < matches.Levels; level++)
        {
            BoxLossOfLevel(deltas[level], anchors[level], matches[level], truth, rule, loss[level], ddeltas[level]);
        }
    }

    private void BoxLossOfLevel(
        FeatureMap deltas, AnchorMap anchors, MatchMap matches, GroundTruthMap truth, in BoxLossRule rule, LossTerm loss,
        FeatureMap ddeltas)
    {
        using var operation = context.Enter(
            context.KindOf(deltas), [context.Range(deltas)], [context.Range(ddeltas), context.Records(loss.Offset, 1)]);
        var shape = ImagesOfAnchors(matches.Anchors, matches.Images);
        var partials = Partials(shape);
        context.Kernels.BoxLoss.Launch(
            shape, context.Values(deltas), context.Floats(anchors.Offset), context.Ints(matches.Offset), context.Floats(truth.Boxes),
            context.Floats(truth.LossWeights), matches.Anchors, truth.Capacity, (int)rule.Kind, rule.Beta, rule.Weight,
            context.StepState.Numbers, context.Values(ddeltas), partials);
        Total(partials, shape, loss);
    }
}
