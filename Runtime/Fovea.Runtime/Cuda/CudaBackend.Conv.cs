using Fovea.Detection;
using Fovea.Tensors;
using Fovea.Training;

namespace Fovea.Cuda;

internal readonly partial struct CudaBackend
{
    /// <inheritdoc cref="Backends.IBackend.Conv"/>
    public void Conv(
        FeatureMap x, in ConvParameters w, FeatureMap y) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.ConvRelu"/>
    public void ConvRelu(
        FeatureMap x, in ConvParameters w, FeatureMap y) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.ConvAdd"/>
    public void ConvAdd(
        FeatureMap x, in ConvParameters w, FeatureMap residual, FeatureMap y) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.ConvAddRelu"/>
    public void ConvAddRelu(
        FeatureMap x, in ConvParameters w, FeatureMap residual, FeatureMap y) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.ConvUpsampleAdd"/>
    public void ConvUpsampleAdd(
        FeatureMap x, in ConvParameters w, FeatureMap top, FeatureMap y) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.ConvBackwardWeights"/>
    public void ConvBackwardWeights(
        FeatureMap x, in ConvParameters w, FeatureMap dy, in ConvGradients d) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.ConvBackwardData"/>
    public void ConvBackwardData(
        in ConvParameters w, FeatureMap dy, FeatureMap dx, FeatureMap accumulate = default) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.ConvReluBackwardData"/>
    public void ConvReluBackwardData(
        FeatureMap x, in ConvParameters w, FeatureMap dy, FeatureMap dx, FeatureMap accumulate = default) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.ConvBackward"/>
    public void ConvBackward(
        FeatureMap x, in ConvParameters w, FeatureMap dy, in ConvGradients d, FeatureMap dx, FeatureMap accumulate = default) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.ConvReluBackward"/>
    public void ConvReluBackward(
        FeatureMap x, in ConvParameters w, FeatureMap dy, in ConvGradients d, FeatureMap dx, FeatureMap accumulate = default) =>
        throw new NotSupportedException();
}
