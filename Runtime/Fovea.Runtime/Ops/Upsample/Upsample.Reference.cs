using Fovea.CompilerServices;

namespace Fovea.Ops.Upsample;

/// <summary>
/// Nearest upsampling to an exact size, in double: the contract, and the oracle.
/// <code>
/// y[n, i, j, c] = top[n, ⌊i·Htop/H⌋, ⌊j·Wtop/W⌋, c]
/// dtop[n, h, w, c] = Σ dy[n, i, j, c] over the cells that read (h, w)   (+ accumulate)
/// </code>
/// Shapes: top, dtop [N, Htop, Wtop, C]; y, dy [N, H, W, C]. dtop may be accumulate. Forward is fused into the FPN's lateral convolution
/// (<c>ConvUpsampleAdd</c>). 7 → 13 rows reads 0,0,1,1,…,5,5,6. Source: Lin et al. 2017 (FPN), figure 3;
/// torch.nn.functional.interpolate(mode="nearest").
/// </summary>
internal static class UpsampleReference
{
    public static void Forward(FeatureMap top, ReadOnlySpan<double> x, FeatureMap shape, Span<double> y)
    {
        for (var i = 0; i < y.Length; i++)
        {
            y[i] = x[Source(top, shape, i)];
        }
    }

    /// <summary><paramref name="accumulate"/> may be empty.</summary>
    public static void Backward(
        FeatureMap top, FeatureMap shape, ReadOnlySpan<double> dy, ReadOnlySpan<double> accumulate, Span<double> dtop)
    {
        for (var i = 0; i < dtop.Length; i++)
        {
            dtop[i] = accumulate.IsEmpty ? 0 : accumulate[i];
        }

        for (var i = 0; i < dy.Length; i++)
        {
            dtop[Source(top, shape, i)] += dy[i];
        }
    }

    private static int Source(FeatureMap top, FeatureMap shape, int index)
    {
        var c = index % shape.Channels;
        var j = index / shape.Channels % shape.Width;
        var i = index / shape.Channels / shape.Width % shape.Height;
        var n = index / shape.Channels / shape.Width / shape.Height;
        var h = i * top.Height / shape.Height;
        var w = j * top.Width / shape.Width;
        return (((((n * top.Height) + h) * top.Width) + w) * top.Channels) + c;
    }
}
