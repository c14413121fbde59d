using Fovea.Detection;
using Fovea.Tensors;
using Fovea.Training;

namespace Fovea.Cuda;

internal readonly partial struct CudaBackend
{
    /// <inheritdoc cref="Backends.IBackend.GradientNorm"/>
    public double GradientNorm(
        ParameterRange range) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.ScaleGradients"/>
    public void ScaleGradients(
        ParameterRange range, float factor) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.SgdStep"/>
    public void SgdStep(
        ParameterRange range, in SgdRule rule) =>
        throw new NotSupportedException();

    /// <inheritdoc cref="Backends.IBackend.AdamStep"/>
    public void AdamStep(
        ParameterRange range, in AdamRule rule) =>
        throw new NotSupportedException();
}
