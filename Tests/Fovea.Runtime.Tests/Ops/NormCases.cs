using Fovea.Ops.Add;
using Fovea.Ops.Norm;
using Fovea.Ops.Relu;
using Fovea.CompilerServices;
using Fovea.Tests.Support;

namespace Fovea.Tests.Ops;

/// <summary>The case table of batch and group normalisation: shapes × fused forms × aliasing.</summary>
internal static class NormCases
{
    private const float Epsilon = 1e-5f;
    private const float Momentum = 0.1f;

    /// <summary>N, H, W, C, G: one cell, channels beside the vector width, several tasks a slab, an empty batch.</summary>
    private static readonly (int N, int H, int W, int C, int G)[] Shapes =
    [
        (1, 1, 1, 8, 2), (2, 1, 2, 6, 2), (3, 6, 7, 5, 1), (2, 5, 4, 64, 32),
        (2, 9, 11, 36, 4), (1, 33, 34, 64, 8), (2, 41, 43, 24, 3), (0, 3, 3, 8, 2),
    ];

    /// <summary>Groups 0 stands for batch normalisation.</summary>
    public static IEnumerable<OpCase> All(bool batch)
    {
        foreach (var (n, h, w, c, g) in Shapes)
        {
            var groups = batch ? 0 : g;
            var shape = $"[{n},{h},{w},{c}]" + (batch ? "" : $" g{g}");
            foreach (var alias in new[] { "", "y=x" })
            {
                yield return new OpCase($"forward {shape} {alias}", rig => Forward(rig, n, h, w, c, groups, alias, Fusion.None));
                yield return new OpCase($"forward+relu {shape} {alias}", rig => Forward(rig, n, h, w, c, groups, alias, Fusion.Relu));
            }

            foreach (var alias in new[] { "", "y=residual" })
            {
                yield return new OpCase(
                    $"forward+add+relu {shape} {alias}", rig => Forward(rig, n, h, w, c, groups, alias, Fusion.AddRelu));
            }

            if (batch && n * h * w == 1)
            {
                // A single cell: dx is 0 in exact arithmetic, and what rounding leaves is compared on its own.
                continue;
            }

            foreach (var alias in new[] { "", "dx=dy" })
            {
                yield return new OpCase($"backward {shape} {alias}", rig => Backward(rig, n, h, w, c, groups, alias, Fusion.None, false));
                yield return new OpCase(
                    $"backward+relu {shape} {alias}", rig => Backward(rig, n, h, w, c, groups, alias, Fusion.Relu, false));
            }

            yield return new OpCase($"backward accumulating {shape}", rig => Backward(rig, n, h, w, c, groups, "", Fusion.None, true));
        }
    }

    private enum Fusion
    {
        None,
        Relu,
        AddRelu,
    }

    private static PreparedOp Forward(CpuRig rig, int n, int h, int w, int c, int groups, string alias, Fusion fusion)
    {
        var o = new Operands(rig, n, h, w, c, groups);
        var residualValues = Numbers.Random(5, o.X.Length);
        var residual = rig.Map(n, h, w, c, residualValues);
        var y = alias switch { "y=x" => o.X, "y=residual" => residual, _ => rig.Map(n, h, w, c) };
        double[] Expected()
        {
            var expected = o.Normalized();
            if (fusion == Fusion.AddRelu)
            {
                AddReference.Forward(expected, Numbers.Doubles(residualValues), expected);
            }

            if (fusion != Fusion.None)
            {
                ReluReference.Forward(expected, expected);
            }

            return expected;
        }

        var b = rig.Backend;
        var p = o.Parameters;
        Action run = (groups, fusion) switch
        {
            (0, Fusion.None) => () => b.BatchNorm(o.X, p, o.Stats, y),
            (0, Fusion.Relu) => () => b.BatchNormRelu(o.X, p, o.Stats, y),
            (0, _) => () => b.BatchNormAddRelu(o.X, p, o.Stats, residual, y),
            (_, Fusion.None) => () => b.GroupNorm(o.X, p, o.Stats, y),
            (_, Fusion.Relu) => () => b.GroupNormRelu(o.X, p, o.Stats, y),
            _ => () => b.GroupNormAddRelu(o.X, p, o.Stats, residual, y),
        };
        var outputs = new List<OpOutput> { new("y", Expected, () => rig.Read(y)) };
        if (groups == 0)
        {
            outputs.Add(new("running mean", () => o.ExpectedRunning().Mean, () => rig.Model.Statistics.Span.Slice(p.Mean, c).ToArray()));
            outputs.Add(new(
                "running variance", () => o.ExpectedRunning().Variance, () => rig.Model.Statistics.Span.Slice(p.Variance, c).ToArray()));
        }

        void Reset()
        {
            rig.Write(o.X, o.XValues);
            rig.Write(residual, residualValues);
            o.ResetRunning(rig);
        }

        return new PreparedOp(Reset, run, [.. outputs]);
    }

    private static PreparedOp Backward(CpuRig rig, int n, int h, int w, int c, int groups, string alias, Fusion fusion, bool accumulate)
    {
        var o = new Operands(rig, n, h, w, c, groups);
        var dyValues = Numbers.Random(6, o.X.Length);
        var dy = rig.Map(n, h, w, c, dyValues);
        var dx = alias == "dx=dy" ? dy : rig.Map(n, h, w, c);
        var y = rig.Map(n, h, w, c);
        var p = o.Parameters;
        var b = rig.Backend;

        // Forward fills y and the statistics that backward reads.
        rig.Write(o.X, o.XValues);
        if (groups == 0)
        {
            b.BatchNorm(o.X, p, o.Stats, y);
        }
        else
        {
            b.GroupNorm(o.X, p, o.Stats, y);
        }

        var before = accumulate ? 0.5f : 0;
        var yValues = Numbers.Doubles(rig.Values(y));
        var expected = new Lazy<(double[] Dgamma, double[] Dbeta, double[] Dx)>(() =>
        {
            var expectedDy = Numbers.Doubles(dyValues);
            if (fusion == Fusion.Relu)
            {
                ReluReference.Backward(yValues, expectedDy, default, expectedDy);
            }

            return o.Gradients(expectedDy, before);
        });
        var d = new NormGradients(p.Scale, p.Shift, accumulate);
        Action run = (groups, fusion) switch
        {
            (0, Fusion.None) => () => b.BatchNormBackward(o.X, p, o.Stats, dy, d, dx),
            (0, _) => () => b.BatchNormReluBackward(o.X, p, o.Stats, y, dy, d, dx),
            (_, Fusion.None) => () => b.GroupNormBackward(o.X, p, o.Stats, dy, d, dx),
            _ => () => b.GroupNormReluBackward(o.X, p, o.Stats, y, dy, d, dx),
        };

        void Reset()
        {
            rig.Write(dy, dyValues);
            rig.Model.Gradients.Span[..(2 * c)].Fill(accumulate ? before : float.NaN);
        }

        return new PreparedOp(
            Reset,
            run,
            new("dx", () => expected.Value.Dx, () => rig.Read(dx), 2e-5),
            new("dγ", () => expected.Value.Dgamma, () => rig.Model.Gradients.Span.Slice(d.Scale, c).ToArray()),
            new("dβ", () => expected.Value.Dbeta, () => rig.Model.Gradients.Span.Slice(d.Shift, c).ToArray()));
    }

    /// <summary>x, γ, β, running statistics in a rig, and what the reference makes of them.</summary>
    private sealed class Operands
    {
        private readonly double[] x;
        private readonly double[] gamma;
        private readonly double[] beta;
        private readonly double[] runningMean;
        private readonly double[] runningVariance;
        private readonly int groups;

        public Operands(CpuRig rig, int n, int h, int w, int c, int groups)
        {
            // Mean 3: a sum of squares in float would already lose digits.
            XValues = Numbers.Random(1, (long)n * h * w * c, 2, 4);
            X = rig.Map(n, h, w, c);
            this.groups = groups;
            var (g, b) = (Numbers.Random(2, c, 0.5, 1.5), Numbers.Random(3, c));
            var (m, v) = (Numbers.Random(4, c), Numbers.Random(7, c, 0.5, 1.5));
            (x, gamma, beta, runningMean, runningVariance) =
                (Numbers.Doubles(XValues), Numbers.Doubles(g), Numbers.Doubles(b), Numbers.Doubles(m), Numbers.Doubles(v));
            var scale = rig.Parameter(g);
            var shift = rig.Parameter(b);
            Parameters = groups == 0
                ? new NormParameters(scale, shift, rig.Statistic(m), rig.Statistic(v), c, 0, Epsilon, Momentum)
                : new NormParameters(scale, shift, -1, -1, c, groups, Epsilon, Momentum);
            Stats = rig.Statistics(groups == 0 ? c : n * groups);
        }

        public FeatureMap X { get; }

        public float[] XValues { get; }

        public NormParameters Parameters { get; }

        public NormStatisticsMap Stats { get; }

        public double[] Normalized()
        {
            var y = new double[x.Length];
            if (groups == 0)
            {
                BatchNormReference.Forward(x, X.Channels, gamma, beta, Epsilon, y);
            }
            else
            {
                GroupNormReference.Forward(x, X.Images, X.Channels, groups, gamma, beta, Epsilon, y);
            }

            return y;
        }

        public (double[] Mean, double[] Variance) ExpectedRunning()
        {
            var (mean, variance) = ((double[])runningMean.Clone(), (double[])runningVariance.Clone());
            if (x.Length > 0)
            {
                BatchNormReference.UpdateRunning(x, X.Channels, Momentum, mean, variance);
            }

            return (mean, variance);
        }

        public void ResetRunning(CpuRig rig)
        {
            for (var i = 0; i < X.Channels && groups == 0; i++)
            {
                rig.Model.Statistics.Span[Parameters.Mean + i] = (float)runningMean[i];
                rig.Model.Statistics.Span[Parameters.Variance + i] = (float)runningVariance[i];
            }
        }

        public (double[] Dgamma, double[] Dbeta, double[] Dx) Gradients(double[] dy, double before)
        {
            var dgamma = new double[X.Channels];
            var dbeta = new double[X.Channels];
            var dx = new double[x.Length];
            dgamma.AsSpan().Fill(before);
            dbeta.AsSpan().Fill(before);
            if (groups == 0)
            {
                BatchNormReference.Backward(x, X.Channels, gamma, Epsilon, dy, dgamma, dbeta, dx);
            }
            else
            {
                GroupNormReference.Backward(x, X.Images, X.Channels, groups, gamma, Epsilon, dy, dgamma, dbeta, dx);
            }

            return (dgamma, dbeta, dx);
        }
    }
}
