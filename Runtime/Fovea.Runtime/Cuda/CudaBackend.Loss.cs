using Fovea.Detection;
using Fovea.Tensors;
using Fovea.Training;

namespace Fovea.Cuda;

internal readonly partial struct CudaBackend
{
    /// <inheritdoc cref="Backends.IBackend.FocalLoss"/>
    public void FocalLoss(
        FeatureMap logits, MatchMap matches, GroundTruthMap truth, in FocalRule rule, LossTerm loss, FeatureMap dlogits) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.BoxLoss"/>
    public void BoxLoss(
        FeatureMap deltas, AnchorMap anchors, MatchMap matches, GroundTruthMap truth, in BoxLossRule rule, LossTerm loss, FeatureMap ddeltas) =>
        throw new NotSupportedException();
}
