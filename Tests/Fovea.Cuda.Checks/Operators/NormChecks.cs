using Fovea.CompilerServices;

namespace Fovea.Cuda.Checks.Operators;

/// <summary>Batch and group normalisation: shapes × fused forms × aliases.</summary>
internal static class NormChecks
{
    /// <summary>N, H, W, C, G: one cell, one channel, packs and single channels, several chunks, several tiles, an empty batch.</summary>
    private static readonly int[][] Shapes =
    [
        [1, 1, 1, 8, 2], [2, 3, 5, 1, 1], [2, 5, 3, 3, 3], [3, 7, 5, 7, 1], [3, 15, 13, 8, 4], [2, 5, 4, 64, 32], [2, 9, 7, 36, 4],
        [1, 13, 11, 64, 8], [1, 2, 3, 264, 8], [1, 3, 2, 45, 5], [0, 3, 3, 8, 2],
    ];

    private enum Fusion
    {
        None,
        Relu,
        AddRelu,
    }

    public static IEnumerable<OperatorCheck> All =>
    [
        .. Shapes.SelectMany(s => OfShape("BatchNorm", s[..4], 0).Concat(OfShape("GroupNorm", s[..4], s[4]))),
        new("BatchNorm great mean", rig => GreatMean(rig, 0)),
        new("GroupNorm great mean", rig => GreatMean(rig, 2)),
        new("BatchNorm NaN shows", rig => NotANumber(rig, 0)),
        new("GroupNorm NaN shows", rig => NotANumber(rig, 2)),
        new("BatchNorm without running statistics", WithoutRunning),
    ];

    private static IEnumerable<OperatorCheck> OfShape(string name, int[] s, int groups)
    {
        var text = string.Join('×', s) + (groups == 0 ? "" : $" in {groups}");
        yield return new($"{name} {text}", rig => Forward(rig, s, groups, Fusion.None, false));
        yield return new($"{name} y=x {text}", rig => Forward(rig, s, groups, Fusion.None, true));
        yield return new($"{name} + ReLU {text}", rig => Forward(rig, s, groups, Fusion.Relu, false));
        yield return new($"{name} + ReLU y=x {text}", rig => Forward(rig, s, groups, Fusion.Relu, true));
        yield return new($"{name} + add + ReLU {text}", rig => Forward(rig, s, groups, Fusion.AddRelu, false));
        yield return new($"{name} + add + ReLU y=residual {text}", rig => Forward(rig, s, groups, Fusion.AddRelu, true));
        yield return new($"{name} backward {text}", rig => Backward(rig, s, groups, Fusion.None, false, false));
        yield return new($"{name} backward accumulating dx=dy {text}", rig => Backward(rig, s, groups, Fusion.None, true, true));
        yield return new($"{name} backward ReLU {text}", rig => Backward(rig, s, groups, Fusion.Relu, false, true));
        yield return new($"{name} backward ReLU dx=dy {text}", rig => Backward(rig, s, groups, Fusion.Relu, true, false));
        yield return new($"{name} backward of constants {text}", rig => Constants(rig, s, groups));
    }

    private static void Forward(CudaRig rig, int[] s, int groups, Fusion fusion, bool alias)
    {
        var o = new NormOperands(rig, s, groups);
        var residualValues = o.Random(6);
        var residual = o.Map(residualValues);
        var y = !alias ? o.Map() : fusion == Fusion.AddRelu ? residual : o.X;
        Run(rig, o, fusion, residual, y);
        var expected = o.Normalized();
        if (fusion != Fusion.None)
        {
            expected = [.. expected.Select((v, i) => Math.Max(0, v + (fusion == Fusion.AddRelu ? residualValues[i] : 0)))];
        }

        Check.Close("y", expected, rig.Read(y), rig.Epsilon + 2e-6);
        if (expected.Length > 0)
        {
            var kept = o.KeptStatistics();
            Check.Close("statistics", kept, rig.ReadFloats(o.Statistics.Offset, kept.Length), 1e-6);
            if (groups == 0)
            {
                o.CheckRunning();
            }
        }
    }

    private static void Run(CudaRig rig, NormOperands o, Fusion fusion, FeatureMap residual, FeatureMap y)
    {
        var (b, p, stats) = (rig.Backend, o.Parameters, o.Statistics);
        switch (fusion, o.Groups)
        {
            case (Fusion.None, 0):
                b.BatchNorm(o.X, p, stats, y);
                break;
            case (Fusion.Relu, 0):
                b.BatchNormRelu(o.X, p, stats, y);
                break;
            case (Fusion.AddRelu, 0):
                b.BatchNormAddRelu(o.X, p, stats, residual, y);
                break;
            case (Fusion.None, _):
                b.GroupNorm(o.X, p, stats, y);
                break;
            case (Fusion.Relu, _):
                b.GroupNormRelu(o.X, p, stats, y);
                break;
            default:
                b.GroupNormAddRelu(o.X, p, stats, residual, y);
                break;
        }
    }

    /// <summary>The mask is y &gt; 0 of any y: here one that has nothing to do with x.</summary>
    private static void Backward(CudaRig rig, int[] s, int groups, Fusion fusion, bool alias, bool accumulate)
    {
        var o = new NormOperands(rig, s, groups);
        var (dyValues, yValues) = (o.Random(7), o.Random(8));
        var (dy, y, unused) = (o.Map(dyValues), o.Map(yValues), o.Map());
        var dx = alias ? dy : o.Map();
        Run(rig, o, Fusion.None, default, unused);
        var before = Numbers.Random(9, 2 * o.Channels);
        rig.Write(rig.Model.Gradients, o.Parameters.Scale, before[..o.Channels]);
        rig.Write(rig.Model.Gradients, o.Parameters.Shift, before[o.Channels..]);
        RunBackward(rig, o, fusion, y, dy, new NormGradients(o.Parameters.Scale, o.Parameters.Shift, accumulate), dx);

        var masked = dyValues.Select((v, i) => fusion == Fusion.None || yValues[i] > 0 ? v : 0.0).ToArray();
        var (dgamma, dbeta, expected) = o.Gradients(masked);
        if (accumulate)
        {
            dgamma = [.. dgamma.Select((v, c) => v + before[c])];
            dbeta = [.. dbeta.Select((v, c) => v + before[o.Channels + c])];
        }

        Check.Close("dγ", dgamma, rig.Read(rig.Model.Gradients, o.Parameters.Scale, o.Channels), 1e-5);
        Check.Close("dβ", dbeta, rig.Read(rig.Model.Gradients, o.Parameters.Shift, o.Channels), 1e-5);
        CheckDx(rig, s, groups, expected, dx);
    }

    /// <summary>Of one cell dx is 0 in exact arithmetic; what rounding leaves of γ·r·(dy − dy) is compared with γ·r ≤ 1.5/√ε.</summary>
    private static void CheckDx(CudaRig rig, int[] s, int groups, double[] expected, FeatureMap dx)
    {
        if (groups == 0 && s[0] * s[1] * s[2] == 1)
        {
            var rounding = 2e-7 * 1.5 / Math.Sqrt(NormOperands.Epsilon);
            Check.Close("dx", new double[expected.Length], rig.Read(dx), rounding / Numbers.Least);
            return;
        }

        Check.Close("dx", expected, rig.Read(dx), rig.Epsilon + 1e-5);
    }

    private static void RunBackward(
        CudaRig rig, NormOperands o, Fusion fusion, FeatureMap y, FeatureMap dy, NormGradients d, FeatureMap dx)
    {
        var (b, p, stats) = (rig.Backend, o.Parameters, o.Statistics);
        switch (fusion, o.Groups)
        {
            case (Fusion.None, 0):
                b.BatchNormBackward(o.X, p, stats, dy, d, dx);
                break;
            case (_, 0):
                b.BatchNormReluBackward(o.X, p, stats, y, dy, d, dx);
                break;
            case (Fusion.None, _):
                b.GroupNormBackward(o.X, p, stats, dy, d, dx);
                break;
            default:
                b.GroupNormReluBackward(o.X, p, stats, y, dy, d, dx);
                break;
        }
    }

    private static void Constants(CudaRig rig, int[] s, int groups)
    {
        var o = new NormOperands(rig, s, groups);
        var (dyValues, dx) = (o.Random(7), o.Map());
        Run(rig, o, Fusion.None, default, o.Map());
        var before = rig.Read(rig.Model.Gradients, 0, 2048);
        RunBackward(rig, o, Fusion.None, default, o.Map(dyValues), NormGradients.None, dx);
        Check.Same<float>("gradients", before, rig.Read(rig.Model.Gradients, 0, before.Length));
        CheckDx(rig, s, groups, o.Gradients(Numbers.Doubles(dyValues)).Dx, dx);
    }

    /// <summary>A mean of hundreds of deviations costs no more than the mean's own rounding to float32.</summary>
    private static void GreatMean(CudaRig rig, int groups)
    {
        // x is rounded to the precision: bfloat16 keeps a whole number of halves there, float16 of sixteenths.
        var o = new NormOperands(rig, [2, 15, 9, 8], groups, mean: 100);
        var y = o.Map();
        Run(rig, o, Fusion.None, default, y);
        Check.Close("y", o.Normalized(), rig.Read(y), rig.Epsilon + 2e-5);
        var kept = o.KeptStatistics();
        var inverses = rig.ReadFloats(o.Statistics.Offset, kept.Length)[(kept.Length / 2)..];
        Check.Close("reciprocal deviations", kept.AsSpan(kept.Length / 2), inverses, 2e-6);
    }

    private static void NotANumber(CudaRig rig, int groups)
    {
        var o = new NormOperands(rig, [1, 3, 5, 8], groups);
        var values = o.Random(1);
        values[(7 * 8) + 5] = float.NaN;
        rig.Write(o.X, values);
        var y = o.Map();
        Run(rig, o, Fusion.Relu, default, y);
        var poisoned = groups == 0 ? 5..6 : 4..8;
        var found = rig.Read(y);
        for (var i = 0; i < found.Length; i++)
        {
            Check.Same($"NaN at {i}", i % 8 >= poisoned.Start.Value && i % 8 < poisoned.End.Value, float.IsNaN(found[i]));
        }
    }

    private static void WithoutRunning(CudaRig rig)
    {
        var o = new NormOperands(rig, [1, 3, 5, 8], 0);
        var before = rig.Read(rig.Model.Statistics, 0, 128);
        var y = o.Map();
        rig.Backend.BatchNorm(o.X, o.Parameters with { Mean = -1, Variance = -1 }, o.Statistics, y);
        Check.Close("y", o.Normalized(), rig.Read(y), rig.Epsilon + 2e-6);
        Check.Same<float>("running statistics", before, rig.Read(rig.Model.Statistics, 0, 128));
    }
}
