using Fovea.Cuda;
using Fovea.Ops.Upsample;
using Fovea.Tensors;

namespace Fovea.Ops;

internal readonly partial struct CudaBackend
{
    /// <inheritdoc cref="Backends.IBackend.UpsampleBackward"/>
    public void UpsampleBackward(FeatureMap dy, FeatureMap dtop, FeatureMap accumulate = default)
    {
        if (dtop.Length == 0)
        {
            return;
        }

        using var operation = context.Enter(
            context.KindOf(dtop), [context.Range(dy), context.Range(accumulate)], [context.Range(dtop)]);
        context.Kernels.UpsampleBackward.Launch(
            CellsOf(dtop),
            context.Values(dy),
            context.Values(accumulate),
            context.Values(dtop),
            dy.Height,
            dy.Width,
            dtop.Height,
            dtop.Width,
            dtop.Channels);
    }

    /// <summary>
    /// y = x + nearest(top), where row i of y reads row ⌊i·Htop/H⌋ of top; y may be x. Follows a convolution that has no such epilogue.
    /// </summary>
    internal void UpsampleAdd(FeatureMap x, FeatureMap top, FeatureMap y)
    {
        if (y.Length == 0)
        {
            return;
        }

        context.Kernels.UpsampleAdd.Launch(
            CellsOf(y), context.Values(x), context.Values(top), context.Values(y), y.Height, y.Width, top.Height, top.Width, y.Channels);
    }
}
