using Fovea.CompilerServices;
using Fovea.Ops.Conv;

namespace Fovea.Ops;

internal readonly partial struct CudaBackend
{
    /// <inheritdoc cref="IBackend.Conv"/>
    public void Conv(PyramidMap x, in ConvParameters w, PyramidMap y) => Convolve(x, w, y, default, relu: false);

    /// <inheritdoc cref="IBackend.ConvRelu"/>
    public void ConvRelu(PyramidMap x, in ConvParameters w, PyramidMap y) => Convolve(x, w, y, default, relu: true);

    /// <inheritdoc cref="IBackend.ConvAdd"/>
    public void ConvAdd(PyramidMap x, in ConvParameters w, PyramidMap residual, PyramidMap y) =>
        Convolve(x, w, y, ConvGeometry.Residual(residual, y), relu: false);

    /// <inheritdoc cref="IBackend.ConvAddRelu"/>
    public void ConvAddRelu(PyramidMap x, in ConvParameters w, PyramidMap residual, PyramidMap y) =>
        Convolve(x, w, y, ConvGeometry.Residual(residual, y), relu: true);

    /// <inheritdoc cref="IBackend.ConvUpsampleAdd"/>
    public void ConvUpsampleAdd(FeatureMap x, in ConvParameters w, FeatureMap top, FeatureMap y) =>
        convolutions.Forward(x, w, y, ConvGeometry.Top(top, y));

    /// <inheritdoc cref="IBackend.ConvBackwardWeights"/>
    public void ConvBackwardWeights(PyramidMap x, in ConvParameters w, PyramidMap dy, in ConvGradients d)
    {
        ConvGeometry.CheckLevels(x, dy);
        for (var level = x.Levels - 1; level >= 0; level--)
        {
            convolutions.BackwardWeights(x[level], w, dy[level], level == x.Levels - 1 ? d : d.Accumulating);
        }
    }

    /// <inheritdoc cref="IBackend.ConvBackwardData"/>
    public void ConvBackwardData(
        in ConvParameters w, PyramidMap dy, PyramidMap dx, PyramidMap mask = default, PyramidMap accumulate = default)
    {
        CheckBackward(dy, dx, mask, accumulate);
        for (var level = dy.Levels - 1; level >= 0; level--)
        {
            convolutions.BackwardData(w, dy[level], dx[level], At(accumulate, level), At(mask, level));
        }
    }

    /// <inheritdoc cref="IBackend.ConvBackward"/>
    public void ConvBackward(
        PyramidMap x,
        in ConvParameters w,
        PyramidMap dy,
        in ConvGradients d,
        PyramidMap dx,
        PyramidMap mask = default,
        PyramidMap accumulate = default)
    {
        ConvGeometry.CheckLevels(x, dy);
        CheckBackward(dy, dx, mask, accumulate);
        for (var level = x.Levels - 1; level >= 0; level--)
        {
            convolutions.BackwardWeights(x[level], w, dy[level], level == x.Levels - 1 ? d : d.Accumulating);
            convolutions.BackwardData(w, dy[level], dx[level], At(accumulate, level), At(mask, level));
        }
    }

    private static void CheckBackward(PyramidMap dy, PyramidMap dx, PyramidMap mask, PyramidMap accumulate)
    {
        ConvGeometry.CheckLevels(dy, dx);
        ConvGeometry.CheckSame(nameof(mask), mask.IsEmpty ? dx : mask, dx);
        ConvGeometry.CheckSame(nameof(accumulate), accumulate.IsEmpty ? dx : accumulate, dx);
    }

    private void Convolve(PyramidMap x, in ConvParameters w, PyramidMap y, PyramidMap add, bool relu)
    {
        ConvGeometry.CheckLevels(x, y);
        for (var level = 0; level < x.Levels; level++)
        {
            convolutions.Forward(x[level], w, y[level], At(add, level), relu);
        }
    }
}
