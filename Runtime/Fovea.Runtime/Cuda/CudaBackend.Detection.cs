using Fovea.Detection;
using Fovea.Tensors;
using Fovea.Training;

namespace Fovea.Cuda;

internal readonly partial struct CudaBackend
{
    /// <inheritdoc cref="Backends.IBackend.ClearCandidates"/>
    public void ClearCandidates(
        CandidateMap candidates) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.SelectCandidates"/>
    public void SelectCandidates(
        FeatureMap logits, FeatureMap deltas, AnchorMap anchors, in PostProcessingRule rule, CandidateMap candidates) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.SuppressNonMaxima"/>
    public void SuppressNonMaxima(
        CandidateMap candidates, in PostProcessingRule rule, DetectionMap detections) =>
        throw new NotSupportedException();
}
