using Fovea.Detection;
using Fovea.Tensors;
using Fovea.Training;

namespace Fovea.Cuda;

internal readonly partial struct CudaBackend
{
    /// <inheritdoc cref="Backends.IBackend.MaxPool"/>
    public void MaxPool(
        FeatureMap x, FeatureMap y) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.MaxPoolBackward"/>
    public void MaxPoolBackward(
        FeatureMap x, FeatureMap y, FeatureMap dy, FeatureMap dx) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.UpsampleBackward"/>
    public void UpsampleBackward(
        FeatureMap dy, FeatureMap dtop, FeatureMap accumulate = default) =>
        throw new NotSupportedException();
}
