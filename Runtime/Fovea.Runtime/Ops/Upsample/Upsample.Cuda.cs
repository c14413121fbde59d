using Fovea.CompilerServices;

namespace Fovea.Ops;

internal readonly partial struct CudaBackend
{
    /// <inheritdoc cref="IBackend.UpsampleBackward"/>
    public void UpsampleBackward(FeatureMap dy, FeatureMap dtop, FeatureMap accumulate = default)
    {
        if (dtop.Length == 0)
        {
            return;
        }

        using var operation = context.Enter(
            context.KindOf(dtop), [context.Range(dy), context.Range(accumulate)], [context.Range(dtop)]);
        context.Kernels.UpsampleBackward.Launch(
            context.Cells(dtop),
            context.Values(dy),
            context.Values(accumulate),
            context.Values(dtop),
            dy.Height,
            dy.Width,
            dtop.Height,
            dtop.Width,
            dtop.Channels);
    }
}
