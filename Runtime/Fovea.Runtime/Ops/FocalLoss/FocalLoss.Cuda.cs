using Fovea.CompilerServices;
using Fovea.Cuda;
using Fovea.Ops.Matching;

namespace Fovea.Ops;

internal readonly partial struct CudaBackend
{
    /// <inheritdoc cref="IBackend.FocalLoss"/>
    /// <remarks>The gradient is multiplied by <see cref="CudaContext.LossScale"/>, the loss is not.</remarks>
    public void FocalLoss(PyramidMap logits, MatchMap matches, GroundTruthMap truth, in FocalRule rule, LossTerm loss, PyramidMap dlogits)
    {
        AnchorRows.RequireLoss(logits, dlogits, matches, rule.Classes, loss);
        for (var level = 0; level < matches.Levels; level++)
        {
            FocalLossOfLevel(logits[level], matches[level], truth, rule, loss[level], dlogits[level]);
        }
    }

    private void FocalLossOfLevel(
        FeatureMap logits, MatchMap matches, GroundTruthMap truth, in FocalRule rule, LossTerm loss, FeatureMap dlogits)
    {
        using var operation = context.Enter(
            context.KindOf(logits), [context.Range(logits)], [context.Range(dlogits), context.Records(loss.Offset, 1)]);
        var shape = context.Spread(logits.Length, 8);
        var partials = Partials(shape);
        var (positive, negative) = rule.Alpha < 0 ? (1, 1) : (rule.Alpha, 1 - (double)rule.Alpha);
        context.Kernels.FocalLoss.Launch(
            shape, context.Values(logits), context.Ints(matches.Offset), context.Ints(truth.Classes), context.Floats(truth.LossWeights),
            matches.Images, matches.Anchors, truth.Capacity, rule.Classes, rule.Gamma switch { 0 => 0, 1 => 1, 2 => 2, _ => 3 }, rule.Gamma,
            positive * rule.Weight, (float)(negative * rule.Weight), context.StepState.Numbers, context.Values(dlogits), partials);
        Total(partials, shape, loss);
    }
}
