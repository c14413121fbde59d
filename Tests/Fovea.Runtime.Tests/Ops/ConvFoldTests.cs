using Fovea.Cpu;
using Fovea.Ops.Conv;
using Fovea.Ops.FoldNorm;
using Fovea.CompilerServices;

namespace Fovea.Tests.Ops;

/// <summary>Folding a normalisation with fixed statistics into the convolution before it, and its gradient.</summary>
public sealed class ConvFoldTests
{
    public static TheoryData<string, string, bool> Cases
    {
        get
        {
            var data = new TheoryData<string, string, bool>();
            foreach (var name in new[] { "3x3 stride 2, odd map", "1x1 stride 2", "grouped, a last block with fewer groups" })
            {
                foreach (var kernels in CpuKernelTable.Available)
                {
                    data.Add(name, kernels.Name, true);
                    data.Add(name, kernels.Name, false);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void A_folded_convolution_equals_convolution_then_normalisation(string name, string kernels, bool bias)
    {
        using var f = Fixture(name, kernels);
        var w = f.W with { Bias = bias ? f.W.Bias : -1 };
        f.Backend.FoldBatchNorm(w, f.Norm, f.Folded);
        f.Backend.Conv(f.X, f.Folded, f.Y);

        var expected = new float[f.Y.Length];
        ConvReference.Forward(f.Values(f.X), f.X, f.Weight, bias ? f.Bias : default, w, expected, f.Y);
        for (var i = 0; i < expected.Length; i++)
        {
            var c = i % w.OutChannels;
            expected[i] = (float)(((expected[i] - (double)f.Mean[c]) * f.Scale[c] / Math.Sqrt(f.Variance[c] + 1e-5)) + f.Shift[c]);
        }

        ConvAssert.Close($"{name} {kernels}", expected, f.Values(f.Y), 1e-4f);
    }

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Folding_and_its_gradient_equal_the_reference(string name, string kernels, bool bias)
    {
        using var f = Fixture(name, kernels);
        var w = f.W with { Bias = bias ? f.W.Bias : -1 };
        var (weights, shift) = (new double[w.WeightLength], new double[w.OutChannels]);
        f.Backend.FoldBatchNorm(w, f.Norm, f.Folded);
        FoldNormReference.Forward(Operands(f, w), weights, shift);
        var folded = f.Model.Folded.Span;
        ConvAssert.Close($"{name} {kernels} w'", Singles(weights), folded.Slice(f.Folded.Weight, weights.Length), 2e-6f);
        ConvAssert.Close($"{name} {kernels} b'", Singles(shift), folded.Slice(f.Folded.Bias, shift.Length), 2e-6f);

        var (dw, dscale) = (Array.ConvertAll(f.Dw.ToArray(), v => (double)v), new double[w.OutChannels]);
        FoldNormReference.Backward(Operands(f, w), f.Gradients.Slice(f.Norm.Shift, w.OutChannels), dw, dscale);
        f.Backend.FoldBatchNormBackward(w, f.Norm, f.D, new NormGradients(f.Norm.Scale, f.Norm.Shift));
        ConvAssert.Close($"{name} {kernels} dw", Singles(dw), f.Dw, 2e-6f);
        ConvAssert.Close($"{name} {kernels} dγ", Singles(dscale), f.Gradients.Slice(f.Norm.Scale, dscale.Length), 1e-4f);
    }

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Its_gradient_is_that_of_finite_differences(string name, string kernels, bool bias)
    {
        using var f = Fixture(name, kernels);
        var w = f.W with { Bias = bias ? f.W.Bias : -1 };

        // the loss Σ w'·dw' + Σ b'·db' has the gradients dw' and db' of a convolution that follows
        var (dw, db) = (f.Dw.ToArray(), f.Gradients.Slice(f.Norm.Shift, w.OutChannels).ToArray());
        f.Backend.FoldBatchNormBackward(w, f.Norm, f.D, new NormGradients(f.Norm.Scale, f.Norm.Shift));
        for (var i = 0; i < dw.Length; i += 13)
        {
            ConvAssert.Close($"{name} {kernels} dw {i}", [(float)Difference(f, w, dw, db, ref f.Weight[i])], [f.Dw[i]], 1e-3f);
        }

        var dscale = f.Gradients.Slice(f.Norm.Scale, w.OutChannels).ToArray();
        for (var i = 0; i < w.OutChannels; i++)
        {
            ConvAssert.Close($"{name} {kernels} dscale {i}", [(float)Difference(f, w, dw, db, ref f.Scale[i])], [dscale[i]], 2e-3f);
        }

        dw.CopyTo(f.Dw);
        f.Backend.FoldBatchNormBackward(w, f.Norm, f.D, new NormGradients(f.Norm.Scale, f.Norm.Shift, Accumulate: true));
        var twice = f.Gradients.Slice(f.Norm.Scale, w.OutChannels);
        ConvAssert.Close($"{name} {kernels} dscale twice", [.. dscale.Select(v => 2 * v)], twice, 1e-4f);
    }

    [Fact]
    public void Constant_scales_get_no_gradient()
    {
        using var f = Fixture("1x1 stride 2", CpuKernelTable.Best.Name);
        var (gradients, dw) = (f.Gradients.ToArray(), f.Dw.ToArray());
        f.Backend.FoldBatchNormBackward(f.W, f.Norm, f.D, new NormGradients(-1, -1));
        ConvAssert.SameOutside("constant scale", gradients, f.Gradients, f.D.Weight, f.W.WeightLength);
        var s = f.Scale[0] / MathF.Sqrt(f.Variance[0] + 1e-5f);
        ConvAssert.Close("dw of channel 0", [.. dw.Take(16).Select(v => v * s)], f.Dw[..16], 1e-5f);
    }

    [Fact]
    public void Folding_makes_packed_weights_stale()
    {
        using var f = Fixture("1x1 stride 2", CpuKernelTable.Best.Name);
        f.Backend.FoldBatchNorm(f.W, f.Norm, f.Folded);
        f.Backend.Conv(f.X, f.Folded, f.Y);
        var before = f.Values(f.Y).ToArray();
        f.Scale.Clear();
        f.Shift.Clear();
        f.Backend.FoldBatchNorm(f.W, f.Norm, f.Folded);
        f.Backend.Conv(f.X, f.Folded, f.Y);
        Assert.Contains(before, v => v != 0);
        Assert.DoesNotContain(f.Values(f.Y).ToArray(), v => v != 0);
    }

    private static ConvFixture Fixture(string name, string kernels) =>
        new(ConvCase.All.First(c => c.Name == name), CpuKernelTable.Available.First(t => t.Name == kernels));

    /// <summary>The loss is linear in weights and scales each: a central difference has no error but rounding.</summary>
    private static double Difference(ConvFixture f, in ConvParameters w, float[] dw, float[] db, ref float value)
    {
        var saved = value;
        value = saved + 0.5f;
        var above = Loss(f, w, dw, db);
        value = saved - 0.5f;
        var below = Loss(f, w, dw, db);
        value = saved;
        return above - below;
    }

    private static double Loss(ConvFixture f, in ConvParameters w, float[] dw, float[] db)
    {
        var (weights, bias) = (new double[dw.Length], new double[db.Length]);
        FoldNormReference.Forward(Operands(f, w), weights, bias);
        return weights.Zip(dw, (value, d) => value * d).Sum() + bias.Zip(db, (value, d) => value * d).Sum();
    }

    private static FoldNormReference.Operands Operands(ConvFixture f, in ConvParameters w) => new()
    {
        Weights = f.Weight,
        Bias = w.HasBias ? f.Bias : default,
        Scale = f.Scale,
        Shift = f.Shift,
        Mean = f.Mean,
        Variance = f.Variance,
        Epsilon = f.Norm.Epsilon,
    };

    private static float[] Singles(double[] values) => Array.ConvertAll(values, value => (float)value);
}
