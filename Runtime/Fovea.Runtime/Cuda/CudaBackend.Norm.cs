using Fovea.Detection;
using Fovea.Tensors;
using Fovea.Training;

namespace Fovea.Cuda;

internal readonly partial struct CudaBackend
{
    /// <inheritdoc cref="Backends.IBackend.FoldBatchNorm"/>
    public void FoldBatchNorm(
        in ConvParameters w, in NormParameters norm, in ConvParameters folded) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.FoldBatchNormBackward"/>
    public void FoldBatchNormBackward(
        in ConvParameters w, in NormParameters norm, in ConvGradients d, in NormGradients dnorm) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.BatchNorm"/>
    public void BatchNorm(
        FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.BatchNormRelu"/>
    public void BatchNormRelu(
        FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.BatchNormAddRelu"/>
    public void BatchNormAddRelu(
        FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap residual, FeatureMap y) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.BatchNormBackward"/>
    public void BatchNormBackward(
        FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap dy, in NormGradients d, FeatureMap dx) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.BatchNormReluBackward"/>
    public void BatchNormReluBackward(
        FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y, FeatureMap dy, in NormGradients d, FeatureMap dx) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.GroupNorm"/>
    public void GroupNorm(
        FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.GroupNormRelu"/>
    public void GroupNormRelu(
        FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.GroupNormAddRelu"/>
    public void GroupNormAddRelu(
        FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap residual, FeatureMap y) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.GroupNormBackward"/>
    public void GroupNormBackward(
        FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap dy, in NormGradients d, FeatureMap dx) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.GroupNormReluBackward"/>
    public void GroupNormReluBackward(
        FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y, FeatureMap dy, in NormGradients d, FeatureMap dx) =>
        throw new NotSupportedException();
}
