using Fovea.Cuda;
using Fovea.CompilerServices;

namespace Fovea.Ops.Conv;

/// <summary>
/// Passes over memory around a convolution that another library computes; the kernels are in passes.cu. Rows are the runs of channels of a
/// map's cells or of a filter's taps.
/// </summary>
internal readonly struct ConvolutionPasses(CudaContext context)
{
    /// <summary>Values in 16 bytes.</summary>
    private int Lanes => 16 / KernelVariant.BytesOf(context.Kernels.Precision);

    /// <summary>Zeros behind each row, up to so many channels, and rows of zeros up to <paramref name="allRows"/>.</summary>
    public void Pad(DevicePointer<Value> from, DevicePointer<Value> to, long rows, long allRows, int channels, int padded) =>
        context.Kernels.PadChannels.Launch(context.Spread(allRows * padded, Lanes), from, to, rows, allRows, channels, padded);

    /// <summary>
    /// y = from without what lies behind its channels, + bias + add, ·[mask &gt; 0], then max(0, ·) where asked for; absent operands are
    /// left out.
    /// </summary>
    /// <param name="from">[cells of y, stride].</param>
    /// <param name="stride">Channels of a row of <paramref name="from"/>.</param>
    /// <param name="y">The result; it may be <paramref name="add"/> or <paramref name="mask"/>.</param>
    /// <param name="bias">[channels of y], or null.</param>
    /// <param name="add">Like y.</param>
    /// <param name="mask">Like y.</param>
    /// <param name="relu">Whether negative results become 0.</param>
    public void Finish(
        DevicePointer<Value> from, int stride, FeatureMap y, DevicePointer<float> bias = default, FeatureMap add = default,
        FeatureMap mask = default, bool relu = false) => context.Kernels.FinishConvolution.Launch(
        context.Spread(y.Length, Lanes), from, context.Values(y), bias, context.Values(add), context.Values(mask), y.Cells, y.Channels,
        stride, relu ? 1 : 0);

    /// <summary>A gradient in the values' type, [rows, stride], into float32, [rows, channels]; it overwrites or adds.</summary>
    public void Widen(DevicePointer<Value> from, DevicePointer<float> gradient, long rows, int channels, int stride, bool accumulate) =>
        context.Kernels.WidenGradient.Launch(
            context.Spread(rows * channels, Lanes), from, gradient, rows, channels, stride, accumulate ? 1 : 0);

    /// <summary>
    /// y = x + nearest(top), where row i of y reads row ⌊i·Htop/H⌋ of top; y may be x. Follows a convolution that has no such epilogue.
    /// </summary>
    public void UpsampleAdd(FeatureMap x, FeatureMap top, FeatureMap y)
    {
        if (y.Length == 0)
        {
            return;
        }

        context.Kernels.UpsampleAdd.Launch(
            context.Cells(y), context.Values(x), context.Values(top), context.Values(y), y.Height, y.Width, top.Height, top.Width,
            y.Channels);
    }
}
