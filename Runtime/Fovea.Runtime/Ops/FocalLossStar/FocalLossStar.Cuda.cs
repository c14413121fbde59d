using Fovea.CompilerServices;
using Fovea.Cuda;
using Fovea.Ops.Matching;

namespace Fovea.Ops;

internal readonly partial struct CudaBackend
{
    /// <inheritdoc cref="IBackend.FocalLossStar"/>
    /// <remarks>The gradient is multiplied by <see cref="CudaContext.LossScale"/>, the loss is not.</remarks>
    public void FocalLossStar(
        PyramidMap logits, MatchMap matches, GroundTruthMap truth, in FocalStarRule rule, LossTerm loss, PyramidMap dlogits)
    {
        AnchorRows.RequireLoss(logits, dlogits, matches, rule.Classes, loss);
        for (var level = 0; level < matches.Levels; level++)
        {
            FocalLossStarOfLevel(logits[level], matches[level], truth, rule, loss[level], dlogits[level]);
        }
    }

    private void FocalLossStarOfLevel(
        FeatureMap logits, MatchMap matches, GroundTruthMap truth, in FocalStarRule rule, LossTerm loss, FeatureMap dlogits)
    {
        using var operation = context.Enter(
            context.KindOf(logits), [context.Range(logits)], [context.Range(dlogits), context.Records(loss.Offset, 1)]);
        var shape = context.Spread(logits.Length, 8);
        var partials = Partials(shape);
        context.Kernels.FocalLossStar.Launch(
            shape, context.Values(logits), context.Ints(matches.Offset), context.Ints(truth.Classes), context.Floats(truth.LossWeights),
            matches.Images, matches.Anchors, truth.Capacity, rule.Classes, rule.Gamma, rule.Beta, rule.Weight, context.StepState.Numbers,
            context.Values(dlogits), partials);
        Total(partials, shape, loss);
    }
}
