using Fovea.CompilerServices;

namespace Fovea.Ops;

internal readonly partial struct CudaBackend
{
    /// <inheritdoc cref="IBackend.Relu"/>
    public void Relu(PyramidMap x, PyramidMap y)
    {
        for (var level = 0; level < x.Levels; level++)
        {
            Rectify(x[level], y[level]);
        }
    }

    /// <inheritdoc cref="IBackend.ReluBackward"/>
    public void ReluBackward(PyramidMap y, PyramidMap dy, PyramidMap dx, PyramidMap accumulate = default)
    {
        for (var level = 0; level < y.Levels; level++)
        {
            RectifyBackward(y[level], dy[level], dx[level], At(accumulate, level));
        }
    }

    private void Rectify(FeatureMap x, FeatureMap y)
    {
        using var operation = context.Enter(context.KindOf(y), [context.Range(x)], [context.Range(y)]);
        context.Kernels.Relu.Launch(context.Spread(x.Length, 8), context.Values(x), context.Values(y), x.Length);
    }

    private void RectifyBackward(FeatureMap y, FeatureMap dy, FeatureMap dx, FeatureMap accumulate)
    {
        using var operation = context.Enter(
            context.KindOf(dx), [context.Range(y), context.Range(dy), context.Range(accumulate)], [context.Range(dx)]);
        context.Kernels.ReluBackward.Launch(
            context.Spread(y.Length, 8), context.Values(y), context.Values(dy), context.Values(accumulate), context.Values(dx), y.Length);
    }
}
