using Fovea.Generator.Graph;

namespace Fovea.Generator.Tests.Gradients;

// Inside, so that the compiler's own names win over those of Definitions.
using Fovea.Generator.Graph.Ops;

/// <summary>
/// Every computation of the graph written as its formula, in double precision: loops over all indices, nothing shared or clever.
/// </summary>
internal static class ScalarKernels
{
    public static Map Conv(Map x, ConvWeights w, ConvGeometry g, double[] weight, double[]? bias)
    {
        var y = new Map(x.N, Extent(x.H, g), Extent(x.W, g), w.OutChannels);
        if (bias is not null)
        {
            for (var i = 0; i < y.Data.Length; i++)
            {
                y.Data[i] = bias[i % y.C];
            }
        }

        Products<Forward>(x, y, w, g, x.Data, weight, y.Data);
        return y;
    }

    public static Map ConvData(Map like, ConvWeights w, ConvGeometry g, double[] weight, Map dy)
    {
        var dx = like with { Data = new double[like.Data.Length] };
        Products<Data>(dx, dy, w, g, dx.Data, weight, dy.Data);
        return dx;
    }

    public static double[] ConvWeightGradient(Map x, ConvWeights w, ConvGeometry g, Map dy)
    {
        var dw = new double[w.WeightCount];
        Products<Weight>(x, dy, w, g, x.Data, dw, dy.Data);
        return dw;
    }

    public static double[] ChannelSums(Map map)
    {
        var sums = new double[map.C];
        for (var i = 0; i < map.Data.Length; i++)
        {
            sums[i % map.C] += map.Data[i];
        }

        return sums;
    }

    public static Map MaxPool(Map x, Action<int, int>? winner = null)
    {
        var y = new Map(x.N, (x.H + 1) / 2, (x.W + 1) / 2, x.C);
        for (var at = 0; at < y.Data.Length; at++)
        {
            var (n, i, j, c) = (at / (y.C * y.W * y.H), at / (y.C * y.W) % y.H, at / y.C % y.W, at % y.C);
            var best = -1;
            for (var r = Math.Max(0, (2 * i) - 1); r <= Math.Min(x.H - 1, (2 * i) + 1); r++)
            {
                for (var s = Math.Max(0, (2 * j) - 1); s <= Math.Min(x.W - 1, (2 * j) + 1); s++)
                {
                    var from = ((((n * x.H) + r) * x.W) + s) * x.C + c;
                    best = best < 0 || x.Data[from] > x.Data[best] ? from : best;
                }
            }

            y.Data[at] = x.Data[best];
            winner?.Invoke(at, best);
        }

        return y;
    }

    public static Map Upsample(Map top, int height, int width, Action<int, int>? copy = null)
    {
        var y = new Map(top.N, height, width, top.C);
        for (var at = 0; at < y.Data.Length; at++)
        {
            var (n, i, j, c) = (at / (y.C * y.W * y.H), at / (y.C * y.W) % y.H, at / y.C % y.W, at % y.C);
            var from = ((((n * top.H) + (i * top.H / height)) * top.W) + (j * top.W / width)) * top.C + c;
            y.Data[at] = top.Data[from];
            copy?.Invoke(at, from);
        }

        return y;
    }

    /// <summary>Elements that share a mean: of one channel of the batch, or of one group of channels of one image.</summary>
    public static int Set(Map x, NormUse norm, int at) => norm.Groups == 0
        ? at % x.C
        : (at / (x.C * x.H * x.W) * norm.Groups) + (at % x.C / (x.C / norm.Groups));

    public static (double[] Mean, double[] Reciprocal) Statistics(Map x, NormUse norm)
    {
        var sets = norm.Groups == 0 ? x.C : x.N * norm.Groups;
        var (mean, square, count) = (new double[sets], new double[sets], x.Data.Length / sets);
        for (var at = 0; at < x.Data.Length; at++)
        {
            mean[Set(x, norm, at)] += x.Data[at] / count;
        }

        for (var at = 0; at < x.Data.Length; at++)
        {
            square[Set(x, norm, at)] += Math.Pow(x.Data[at] - mean[Set(x, norm, at)], 2) / count;
        }

        return (mean, Array.ConvertAll(square, v => 1 / Math.Sqrt(v + norm.Epsilon)));
    }

    public static Map Normalised(Map x, NormUse norm, double[] mean, double[] reciprocal)
    {
        var y = x with { Data = new double[x.Data.Length] };
        for (var at = 0; at < x.Data.Length; at++)
        {
            y.Data[at] = (x.Data[at] - mean[Set(x, norm, at)]) * reciprocal[Set(x, norm, at)];
        }

        return y;
    }

    public static Map Affine(Map x, double[] scale, double[] shift)
    {
        var y = x with { Data = new double[x.Data.Length] };
        for (var at = 0; at < x.Data.Length; at++)
        {
            y.Data[at] = (x.Data[at] * scale[at % x.C]) + shift[at % x.C];
        }

        return y;
    }

    /// <summary>dx = (γ·dy − mean(γ·dy) − x̂·mean(γ·dy·x̂))/σ over each set.</summary>
    public static Map NormData(Map hat, NormUse norm, double[] scale, double[] reciprocal, Map dy)
    {
        var (first, second) = (new double[reciprocal.Length], new double[reciprocal.Length]);
        var count = hat.Data.Length / reciprocal.Length;
        for (var at = 0; at < hat.Data.Length; at++)
        {
            first[Set(hat, norm, at)] += dy.Data[at] * scale[at % hat.C] / count;
            second[Set(hat, norm, at)] += dy.Data[at] * scale[at % hat.C] * hat.Data[at] / count;
        }

        var dx = hat with { Data = new double[hat.Data.Length] };
        for (var at = 0; at < hat.Data.Length; at++)
        {
            var set = Set(hat, norm, at);
            dx.Data[at] = ((dy.Data[at] * scale[at % hat.C]) - first[set] - (hat.Data[at] * second[set])) * reciprocal[set];
        }

        return dx;
    }

    private static int Extent(int cells, ConvGeometry g) => ((cells + (2 * g.Padding) - g.Kernel) / g.Stride) + 1;

    private interface ITerm
    {
        static abstract void Add(ref double x, ref double w, ref double y);
    }

    /// <summary>Visits every product of a convolution: of an element of the input, of the weights and of the output.</summary>
    private static void Products<TTerm>(Map inner, Map outer, ConvWeights w, ConvGeometry g, double[] x, double[] weight, double[] y)
        where TTerm : struct, ITerm
    {
        var (inGroup, outGroup) = (w.GroupChannels, w.OutChannels / g.Groups);
        for (var at = 0; at < y.Length; at++)
        {
            var (cell, o) = (at / outer.C, at % outer.C);
            var (n, i, j) = (cell / (outer.W * outer.H), cell / outer.W % outer.H, cell % outer.W);
            for (var tap = 0; tap < w.Kernel * w.Kernel; tap++)
            {
                var (row, column) = ((i * g.Stride) + (tap / w.Kernel) - g.Padding, (j * g.Stride) + (tap % w.Kernel) - g.Padding);
                if (row < 0 || row >= inner.H || column < 0 || column >= inner.W)
                {
                    continue;
                }

                var from = ((((n * inner.H) + row) * inner.W) + column) * inner.C + (o / outGroup * inGroup);
                var k = ((o * w.Kernel * w.Kernel) + tap) * inGroup;
                for (var c = 0; c < inGroup; c++)
                {
                    TTerm.Add(ref x[from + c], ref weight[k + c], ref y[at]);
                }
            }
        }
    }

    private readonly struct Forward : ITerm
    {
        public static void Add(ref double x, ref double w, ref double y) => y += w * x;
    }

    private readonly struct Data : ITerm
    {
        public static void Add(ref double x, ref double w, ref double y) => x += w * y;
    }

    private readonly struct Weight : ITerm
    {
        public static void Add(ref double x, ref double w, ref double y) => w += x * y;
    }
}
