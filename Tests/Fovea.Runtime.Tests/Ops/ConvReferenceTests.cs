using Fovea.Cpu;
using Fovea.Ops.Conv;
using Fovea.CompilerServices;

namespace Fovea.Tests.Ops;

/// <summary>The reference itself, against numbers computed by hand and against finite differences.</summary>
public sealed class ConvReferenceTests
{
    [Fact]
    public void A_box_filter_counts_the_cells_inside_the_map()
    {
        var shape = new FeatureMap(0, 1, 3, 3, 1);
        var w = new ConvParameters(ParameterStorage.Parameters, 0, -1, 1, 1, 3, 1, 1, 1, ConvAlgorithm.IndirectGemm);
        var ones = Enumerable.Repeat(1f, 9).ToArray();
        var y = new float[9];
        ConvReference.Forward(ones, shape, ones, default, w, y, shape);
        Assert.Equal([4, 6, 4, 6, 9, 6, 4, 6, 4], y);
    }

    [Fact]
    public void Taps_channels_and_bias_are_taken_in_order()
    {
        // 1×2 cells of 2 channels, one filter of 1×1 over both: y = 1·x0 + 10·x1 + 100
        var x = new FeatureMap(0, 1, 1, 2, 2);
        var w = new ConvParameters(ParameterStorage.Parameters, 0, 0, 2, 1, 1, 1, 0, 1, ConvAlgorithm.Gemm);
        var y = new float[2];
        ConvReference.Forward([1, 2, 3, 4], x, [1, 10], [100], w, y, x with { Channels = 1 });
        Assert.Equal([121, 143], y);
    }

    [Theory]
    [InlineData("3x3 stride 2, odd map")]
    [InlineData("grouped, a last block with fewer groups")]
    [InlineData("3x3 with padding 2")]
    public void Gradients_are_those_of_finite_differences(string name)
    {
        var c = ConvCase.All.First(c => c.Name == name);
        using var f = new ConvFixture(c, CpuKernelTable.Best);

        // the loss Σ y·dy is bilinear: a central difference has no error but rounding
        var dy = f.Values(f.Y).ToArray();
        var dx = f.ExpectedBackwardData();
        var (dw, db) = f.ExpectedBackwardWeights();
        for (var i = 0; i < dx.Length; i += 37)
        {
            Assert.Equal(dx[i], Difference(f, dy, ref f.Values(f.X)[i]), 2e-3);
        }

        for (var i = 0; i < dw.Length; i += 53)
        {
            Assert.Equal(dw[i], Difference(f, dy, ref f.Weight[i]), 2e-3);
        }

        for (var i = 0; i < db.Length; i += 5)
        {
            Assert.Equal(db[i], Difference(f, dy, ref f.Bias[i]), 2e-3);
        }
    }

    private static double Difference(ConvFixture f, float[] dy, ref float value)
    {
        var saved = value;
        value = saved + 0.5f;
        var above = Loss(f, dy);
        value = saved - 0.5f;
        var below = Loss(f, dy);
        value = saved;
        return above - below;
    }

    private static double Loss(ConvFixture f, float[] dy)
    {
        var y = f.ExpectedForward();
        var sum = 0.0;
        for (var i = 0; i < y.Length; i++)
        {
            sum += (double)y[i] * dy[i];
        }

        return sum;
    }
}
