using Fovea.CompilerServices;

namespace Fovea.Ops;

internal readonly partial struct CudaBackend
{
    /// <inheritdoc cref="IBackend.MaxPool"/>
    public void MaxPool(FeatureMap x, FeatureMap y)
    {
        if (y.Length == 0)
        {
            return;
        }

        using var operation = context.Enter(context.KindOf(y), [context.Range(x)], [context.Range(y)]);
        context.Kernels.MaxPool.Launch(context.Cells(y), context.Values(x), context.Values(y), x.Height, x.Width, x.Channels);
    }

    /// <inheritdoc cref="IBackend.MaxPoolBackward"/>
    public void MaxPoolBackward(FeatureMap x, FeatureMap y, FeatureMap dy, FeatureMap dx)
    {
        if (y.Length == 0)
        {
            return;
        }

        using var operation = context.Enter(
            context.KindOf(dx), [context.Range(x), context.Range(y), context.Range(dy)], [context.Range(dx)]);
        context.Kernels.MaxPoolBackward.Launch(
            context.Cells(y), context.Values(x), context.Values(y), context.Values(dy), context.Values(dx), x.Height, x.Width, x.Channels);
    }
}
