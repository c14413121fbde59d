using Fovea.Ops.Norm;
using Fovea.CompilerServices;
using Fovea.Tests.Support;

namespace Fovea.Tests.Ops;

public class BatchNormTests : OpCaseTests<BatchNormTests>, IOpCases
{
    public static IEnumerable<OpCase> All() => NormCases.All(batch: true);

    [Fact]
    public void The_reference_has_the_gradients_of_finite_differences()
    {
        const int Channels = 3;
        const double Epsilon = 1e-3;
        var x = Numbers.Doubles(Numbers.Random(1, 2 * 3 * Channels));
        var gamma = Numbers.Doubles(Numbers.Random(2, Channels));
        var beta = Numbers.Doubles(Numbers.Random(3, Channels));
        var dy = Numbers.Doubles(Numbers.Random(4, x.Length));
        double Loss(double[] a, double[] g, double[] b)
        {
            var y = new double[a.Length];
            BatchNormReference.Forward(a, Channels, g, b, Epsilon, y);
            return Numbers.Dot(y, dy);
        }

        var (dgamma, dbeta, dx) = (new double[Channels], new double[Channels], new double[x.Length]);
        BatchNormReference.Backward(x, Channels, gamma, Epsilon, dy, dgamma, dbeta, dx);
        Numbers.IsGradient("dx", a => Loss(a, gamma, beta), x, dx);
        Numbers.IsGradient("dγ", g => Loss(x, g, beta), gamma, dgamma);
        Numbers.IsGradient("dβ", b => Loss(x, gamma, b), beta, dbeta);
    }

    [Fact]
    public void The_running_variance_is_unbiased_and_moves_by_the_momentum()
    {
        using var rig = new CpuRig(trainable: 2, statistics: 2);
        var p = new NormParameters(rig.Parameter([1]), rig.Parameter([0]), rig.Statistic([0]), rig.Statistic([1]), 1, 0, 1e-5f, 0.1f);
        var x = rig.Map(1, 1, 4, 1, [1, 2, 3, 6]);
        var version = rig.Model.StatisticsVersion;

        rig.Backend.BatchNorm(x, p, rig.Statistics(1), rig.Map(1, 1, 4, 1));

        // Mean 3; squares of the differences 4 + 1 + 0 + 9 = 14, over n − 1 = 3.
        Assert.Equal(0.3f, rig.Model.Statistics.Span[p.Mean], 6);
        Assert.Equal(0.9f + (0.1f * 14 / 3), rig.Model.Statistics.Span[p.Variance], 6);
        Assert.True(rig.Model.StatisticsVersion > version, "The statistics changed, but their version did not.");
    }

    [Fact]
    public void A_great_mean_costs_no_precision()
    {
        using var rig = new CpuRig(trainable: 2, statistics: 2);
        var p = new NormParameters(rig.Parameter([1]), rig.Parameter([0]), rig.Statistic([0]), rig.Statistic([1]), 1, 0, 0, 0.1f);
        float[] values = [10000, 10001, 10002, 10003];
        var y = rig.Map(1, 2, 2, 1);

        rig.Backend.BatchNorm(rig.Map(1, 2, 2, 1, values), p, rig.Statistics(1), y);

        var deviation = Math.Sqrt(1.25);
        Numbers.Close("y", [-1.5 / deviation, -0.5 / deviation, 0.5 / deviation, 1.5 / deviation], rig.Values(y), 1e-6);
    }

    [Fact]
    public void A_single_cell_becomes_the_shift_and_passes_no_gradient()
    {
        using var rig = new CpuRig(trainable: 2, statistics: 2);
        var p = new NormParameters(rig.Parameter([1]), rig.Parameter([0.25f]), rig.Statistic([0]), rig.Statistic([1]), 1, 0, 1e-5f, 0.1f);
        var (x, y, dx) = (rig.Map(1, 1, 1, 1, [3]), rig.Map(1, 1, 1, 1), rig.Map(1, 1, 1, 1));
        var stats = rig.Statistics(1);

        rig.Backend.BatchNorm(x, p, stats, y);
        rig.Backend.BatchNormBackward(x, p, stats, rig.Map(1, 1, 1, 1, [0.7f]), new NormGradients(p.Scale, p.Shift), dx);

        Assert.Equal([0.25f], rig.Read(y));
        Assert.Equal(0, rig.Values(dx)[0], 1e-4f);
        Assert.Equal([0, 0.7f], rig.Model.Gradients.Span[..2].ToArray());
        Assert.Equal([0.9f], rig.Model.Statistics.Span.Slice(p.Variance, 1).ToArray());
    }

    [Fact]
    public void A_diverged_network_shows()
    {
        using var rig = new CpuRig(trainable: 2, statistics: 2);
        var p = new NormParameters(rig.Parameter([1]), rig.Parameter([0]), rig.Statistic([0]), rig.Statistic([1]), 1, 0, 0, 0.1f);
        var y = rig.Map(1, 4, 4, 1);
        var values = new float[16];
        values[3] = float.NaN;

        rig.Backend.BatchNormRelu(rig.Map(1, 4, 4, 1, values), p, rig.Statistics(1), y);

        Assert.All(rig.Read(y), v => Assert.True(float.IsNaN(v)));
    }
}
