using Fovea.CompilerServices;

namespace Fovea.Ops.Conv;

/// <summary>
/// The convolution in plain loops: what every kernel must compute, up to rounding. Slow; for reading and for tests.
/// <para>Shapes: x [N, H, W, Cin], w [Cout, R, R, Cin/groups], b [Cout], y [N, OH, OW, Cout], OH = ⌊(H + 2·padding − R) / stride⌋ + 1.
/// Output channel o of group g = o / (Cout/groups) reads input channels g·(Cin/groups) … of its own group; cells outside the map are 0.</para>
/// <para>Forward: y[n, i, j, o] = b[o] + Σ x[n, i·s − p + r, j·s − p + q, c] · w[o, r, q, c]; then + residual or + nearest(top), then
/// max(0, ·).</para>
/// <para>Gradients: dx[n, y, x, c] = Σ dy[n, i, j, o] · w[o, r, q, c] over all that read the cell (+ accumulate), · [x &gt; 0] where x
/// came out of a ReLU; dw[o, r, q, c] = Σ dy[n, i, j, o] · x[…]; db[o] = Σ dy[n, i, j, o]; dw and db overwrite or are added to.</para>
/// <para>Aliasing: y may be the residual; dx may be accumulate or the mask, and x where dw is computed before it; nothing else overlaps. In the block-diagonal form of grouped convolutions
/// an infinite or NaN input also reaches the other groups of its block.</para>
/// <para>Winograd F(4×4, 3×3): Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2015, section 4.</para>
/// </summary>
internal static class ConvReference
{
    /// <summary>y = w·x + b (b may be empty).</summary>
    public static void Forward(
        ReadOnlySpan<float> x,
        FeatureMap xShape,
        ReadOnlySpan<float> weight,
        ReadOnlySpan<float> bias,
        in ConvParameters w,
        Span<float> y,
        FeatureMap yShape)
    {
        var sums = new double[yShape.Length];
        for (var i = 0; i < sums.Length; i++)
        {
            sums[i] = bias.IsEmpty ? 0 : bias[i % yShape.Channels];
        }

        foreach (var (xi, wi, yi) in Terms(xShape, w, yShape))
        {
            sums[yi] += (double)x[xi] * weight[wi];
        }

        Round(sums, y);
    }

    /// <summary>dx = wᵀ·dy.</summary>
    public static void BackwardData(
        ReadOnlySpan<float> weight, in ConvParameters w, ReadOnlySpan<float> dy, FeatureMap yShape, Span<float> dx, FeatureMap xShape)
    {
        var sums = new double[xShape.Length];
        foreach (var (xi, wi, yi) in Terms(xShape, w, yShape))
        {
            sums[xi] += (double)dy[yi] * weight[wi];
        }

        Round(sums, dx);
    }

    /// <summary>dw = dyᵀ·x, db = Σ dy (db may be empty).</summary>
    public static void BackwardWeights(
        ReadOnlySpan<float> x,
        FeatureMap xShape,
        in ConvParameters w,
        ReadOnlySpan<float> dy,
        FeatureMap yShape,
        Span<float> dw,
        Span<float> db)
    {
        var sums = new double[w.WeightLength];
        foreach (var (xi, wi, yi) in Terms(xShape, w, yShape))
        {
            sums[wi] += (double)dy[yi] * x[xi];
        }

        Round(sums, dw);
        if (!db.IsEmpty)
        {
            var biasSums = new double[w.OutChannels];
            for (var i = 0; i < dy.Length; i++)
            {
                biasSums[i % w.OutChannels] += dy[i];
            }

            Round(biasSums, db);
        }
    }

    /// <summary>y = y + a.</summary>
    public static void Add(ReadOnlySpan<float> a, Span<float> y)
    {
        for (var i = 0; i < y.Length; i++)
        {
            y[i] += a[i];
        }
    }

    /// <summary>y = y + nearest(top): row i of y reads row ⌊i·Htop/H⌋.</summary>
    public static void AddNearest(ReadOnlySpan<float> top, FeatureMap topShape, Span<float> y, FeatureMap yShape)
    {
        for (var k = 0; k < y.Length; k++)
        {
            var (cell, c) = Math.DivRem(k, yShape.Channels);
            var (row, j) = Math.DivRem(cell, yShape.Width);
            var (n, i) = Math.DivRem(row, yShape.Height);
            var (ti, tj) = (i * topShape.Height / yShape.Height, j * topShape.Width / yShape.Width);
            y[k] += top[((((n * topShape.Height) + ti) * topShape.Width) + tj) * topShape.Channels + c];
        }
    }

    /// <summary>y = max(0, y).</summary>
    public static void Relu(Span<float> y)
    {
        for (var i = 0; i < y.Length; i++)
        {
            y[i] = y[i] < 0 ? 0 : y[i];
        }
    }

    /// <summary>dx = dx · [x &gt; 0].</summary>
    public static void Mask(ReadOnlySpan<float> x, Span<float> dx)
    {
        for (var i = 0; i < dx.Length; i++)
        {
            dx[i] = x[i] > 0 ? dx[i] : 0;
        }
    }

    /// <summary>Every product of the convolution: indices into x, w and y.</summary>
    private static IEnumerable<(int X, int W, int Y)> Terms(FeatureMap x, ConvParameters w, FeatureMap y)
    {
        var (inPerGroup, outPerGroup) = (w.InChannels / w.Groups, w.OutChannels / w.Groups);
        for (var yi = 0; yi < y.Length; yi++)
        {
            var (cell, o) = Math.DivRem(yi, y.Channels);
            var (line, j) = Math.DivRem(cell, y.Width);
            var (n, i) = Math.DivRem(line, y.Height);
            for (var r = 0; r < w.Kernel; r++)
            {
                for (var q = 0; q < w.Kernel; q++)
                {
                    var (row, column) = ((i * w.Stride) - w.Padding + r, (j * w.Stride) - w.Padding + q);
                    if (row < 0 || row >= x.Height || column < 0 || column >= x.Width)
                    {
                        continue;
                    }

                    for (var c = 0; c < inPerGroup; c++)
                    {
                        var xi = (((((n * x.Height) + row) * x.Width) + column) * x.Channels) + (o / outPerGroup * inPerGroup) + c;
                        yield return (xi, (((((o * w.Kernel) + r) * w.Kernel) + q) * inPerGroup) + c, yi);
                    }
                }
            }
        }
    }

    private static void Round(ReadOnlySpan<double> sums, Span<float> destination)
    {
        for (var i = 0; i < sums.Length; i++)
        {
            destination[i] = (float)sums[i];
        }
    }
}
