using Fovea.Tensors;

namespace Fovea.Cuda;

/// <content>Maxima over windows and nearest upsampling; the kernels are in pool.cu.</content>
internal readonly partial struct CudaBackend
{
    /// <inheritdoc cref="Backends.IBackend.MaxPool"/>
    public void MaxPool(FeatureMap x, FeatureMap y)
    {
        if (y.Length == 0)
        {
            return;
        }

        using var operation = context.Enter(context.KindOf(y), [context.Range(x)], [context.Range(y)]);
        context.Kernels.MaxPool.Launch(CellsOf(y), context.Values(x), context.Values(y), x.Height, x.Width, x.Channels);
    }

    /// <inheritdoc cref="Backends.IBackend.MaxPoolBackward"/>
    public void MaxPoolBackward(FeatureMap x, FeatureMap y, FeatureMap dy, FeatureMap dx)
    {
        if (y.Length == 0)
        {
            return;
        }

        using var operation = context.Enter(
            context.KindOf(dx), [context.Range(x), context.Range(y), context.Range(dy)], [context.Range(dx)]);
        context.Kernels.MaxPoolBackward.Launch(
            CellsOf(y), context.Values(x), context.Values(y), context.Values(dy), context.Values(dx), x.Height, x.Width, x.Channels);
    }

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

    /// <summary>A launch over packs of channels of a map's cells: the grid's y is the image, whose packs are counted in 32 bits.</summary>
    private LaunchShape CellsOf(FeatureMap map)
    {
        var lanes = 16 / KernelVariant.BytesOf(context.Kernels.Precision);
        var packs = map.Channels % lanes == 0 ? map.Channels / lanes : map.Channels;
        var items = checked(map.Height * map.Width * packs);
        var blocks = context.Spread(items).Grid.X;
        return context.Shape(new Dim3(blocks, map.Images), 256);
    }
}
