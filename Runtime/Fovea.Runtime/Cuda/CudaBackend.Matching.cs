using Fovea.Detection;
using Fovea.Tensors;
using Fovea.Training;

namespace Fovea.Cuda;

internal readonly partial struct CudaBackend
{
    /// <inheritdoc cref="Backends.IBackend.GenerateAnchors"/>
    public void GenerateAnchors(
        in AnchorLevel level, int canvasHeight, int canvasWidth, AnchorMap anchors) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.MatchAnchors"/>
    public void MatchAnchors(
        ReadOnlySpan<AnchorMap> anchors, GroundTruthMap truth, in MatchingRule rule, ReadOnlySpan<MatchMap> matches) =>
        throw new NotSupportedException();
}
