using Fovea.Ops.Conv;

namespace Fovea.Cuda.Checks.Operators;

/// <summary>What is done around a convolution of cuDNN: channels padded, bias, residual, mask and ReLU added, gradients widened.</summary>
internal static class PassesChecks
{
    /// <summary>Cells, channels, channels with padding.</summary>
    private static readonly int[][] Rows = [[1, 1, 8], [35, 3, 8], [21, 36, 40], [13, 27, 32], [6, 64, 64], [7, 5, 5], [300, 16, 24]];

    public static IEnumerable<OperatorCheck> All =>
    [
        .. from r in Rows
           where r[2] % 8 == 0
           from more in (int[])[0, 3]
           select new OperatorCheck($"Pad {r[0]}×{r[1]} to {r[0] + more}×{r[2]}", rig => Pad(rig, r[0], more, r[1], r[2])),
        .. from r in Rows
           from parts in Enumerable.Range(0, 16)
           select new OperatorCheck($"Finish {r[0]}×{r[2]} to {r[1]}, parts {parts}", rig => Finish(rig, r[0], r[1], r[2], parts)),
        .. from r in Rows
           from accumulate in (bool[])[false, true]
           select new OperatorCheck(
               $"Widen {r[0]}×{r[2]} to {r[1]}{(accumulate ? " accumulating" : "")}", rig => Widen(rig, r[0], r[1], r[2], accumulate)),
        new("Finish in place", FinishInPlace),
    ];

    private static void Pad(CudaRig rig, int rows, int more, int channels, int padded)
    {
        var values = rig.Rounded(Numbers.Random(1, rows * channels));
        var to = rig.Map(1, 1, rows + more, padded, Numbers.Random(2, (rows + more) * padded));
        var passes = new ConvolutionPasses(rig.Context);
        passes.Pad(
            rig.Context.Values(rig.Map(1, 1, rows, channels, values)), rig.Context.Values(to), rows, rows + more, channels, padded);
        var expected = new float[(rows + more) * padded];
        for (var row = 0; row < rows; row++)
        {
            values.AsSpan(row * channels, channels).CopyTo(expected.AsSpan(row * padded));
        }

        Check.Same<float>("padded", expected, rig.Read(to));
    }

    /// <summary>Bits of parts: 1 bias, 2 add, 4 mask, 8 ReLU.</summary>
    private static void Finish(CudaRig rig, int cells, int channels, int stride, int parts)
    {
        var from = rig.Rounded(Numbers.Random(1, cells * stride));
        var bias = Numbers.Random(2, channels);
        var (add, mask) = (rig.Rounded(Numbers.Random(3, cells * channels)), rig.Rounded(Numbers.Random(4, cells * channels)));
        var to = rig.Map(1, 1, cells, channels);
        new ConvolutionPasses(rig.Context).Finish(
            rig.Context.Values(rig.Map(1, 1, cells, stride, from)), stride, to,
            (parts & 1) != 0 ? CudaContext.Offset(rig.Model.Parameters, rig.Parameter(bias)) : default,
            (parts & 2) != 0 ? rig.Map(1, 1, cells, channels, add) : default,
            (parts & 4) != 0 ? rig.Map(1, 1, cells, channels, mask) : default,
            (parts & 8) != 0);
        var expected = new double[cells * channels];
        for (var i = 0; i < expected.Length; i++)
        {
            var (cell, channel) = (i / channels, i % channels);
            var v = (double)from[(cell * stride) + channel] + ((parts & 1) != 0 ? bias[channel] : 0) + ((parts & 2) != 0 ? add[i] : 0);
            v = (parts & 4) != 0 && !(mask[i] > 0) ? 0 : v;
            expected[i] = (parts & 8) != 0 ? Math.Max(0, v) : v;
        }

        Check.Close("finished", expected, rig.Read(to), rig.Epsilon);
    }

    /// <summary>As a residual that lies where the result goes.</summary>
    private static void FinishInPlace(CudaRig rig)
    {
        var (from, add) = (rig.Rounded(Numbers.Random(1, 7 * 16)), rig.Rounded(Numbers.Random(2, 7 * 16)));
        var to = rig.Map(1, 1, 7, 16, add);
        new ConvolutionPasses(rig.Context).Finish(rig.Context.Values(rig.Map(1, 1, 7, 16, from)), 16, to, add: to);
        Check.Close("finished", from.Select((v, i) => (double)v + add[i]).ToArray(), rig.Read(to), rig.Epsilon);
    }

    private static void Widen(CudaRig rig, int rows, int channels, int stride, bool accumulate)
    {
        var from = rig.Rounded(Numbers.Random(1, rows * stride));
        var before = Numbers.Random(2, rows * channels);
        var at = rig.Parameter(before);
        rig.Write(rig.Model.Gradients, at, before);
        new ConvolutionPasses(rig.Context).Widen(
            rig.Context.Values(rig.Map(1, 1, rows, stride, from)), CudaContext.Offset(rig.Model.Gradients, at), rows, channels, stride,
            accumulate);
        var expected = before.Select((old, i) => (accumulate ? old : 0) + from[(i / channels * stride) + (i % channels)]).ToArray();
        Check.Same<float>("widened", expected, rig.Read(rig.Model.Gradients, at, before.Length));
    }
}
