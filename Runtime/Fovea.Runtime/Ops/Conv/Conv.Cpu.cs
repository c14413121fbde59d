using Fovea.CompilerServices;
using Fovea.Ops.Conv;

namespace Fovea.Ops;

internal readonly unsafe partial struct CpuBackend
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
        Convolve(x, w, y, ConvGeometry.Top(top, y), relu: false);

    /// <inheritdoc cref="IBackend.ConvBackwardData"/>
    public void ConvBackwardData(
        in ConvParameters w, PyramidMap dy, PyramidMap dx, PyramidMap mask = default, PyramidMap accumulate = default)
    {
        ConvGeometry.CheckLevels(dy, dx);
        ConvGeometry.CheckSame(nameof(mask), mask.IsEmpty ? dx : mask, dx);
        ConvGeometry.CheckSame(nameof(accumulate), accumulate.IsEmpty ? dx : accumulate, dx);
        var jobs = new ConvJobs(context, w);
        for (var level = 0; level < dy.Levels; level++)
        {
            var epilogue = new ConvEpilogue { Mask = mask.IsEmpty ? null : context.Pointer(mask[level]) };
            SetAdd(ref epilogue, accumulate, level);
            jobs.Add(ConvGeometry.BackwardData(dy[level], w, dx[level], context.Kernels.TileColumns), epilogue);
        }

        jobs.Run();
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
        ConvBackwardWeights(x, w, dy, d);
        ConvBackwardData(w, dy, dx, mask, accumulate);
    }

    private void Convolve(PyramidMap x, in ConvParameters w, PyramidMap y, PyramidMap add, bool relu)
    {
        ConvGeometry.CheckLevels(x, y);
        var jobs = new ConvJobs(context, w);
        for (var level = 0; level < x.Levels; level++)
        {
            var epilogue = new ConvEpilogue { Bias = context.Bias(w), Relu = relu };
            SetAdd(ref epilogue, add, level);
            jobs.Add(ConvGeometry.Forward(x[level], w, y[level], context.Kernels.TileColumns), epilogue);
        }

        jobs.Run();
    }

    private void SetAdd(ref ConvEpilogue epilogue, PyramidMap add, int level)
    {
        if (!add.IsEmpty)
        {
            epilogue.SetAdd(add[level], context.Pointer(add[level]));
        }
    }
}
