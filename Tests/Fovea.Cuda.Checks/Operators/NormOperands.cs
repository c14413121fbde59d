using Fovea.Ops.Norm;
using Fovea.CompilerServices;

namespace Fovea.Cuda.Checks.Operators;

/// <summary>
/// What a normalisation's check needs on the device and, in double, for its reference. Groups 0 stands for batch normalisation.
/// </summary>
internal sealed class NormOperands
{
    public const float Epsilon = 1e-5f;
    public const float Momentum = 0.1f;
    private readonly CudaRig rig;
    private readonly int[] shape;
    private readonly double[] x;
    private readonly double[] gamma;
    private readonly double[] beta;

    /// <param name="rig">Where.</param>
    /// <param name="shape">N, H, W, C.</param>
    /// <param name="groups">0 for batch normalisation.</param>
    /// <param name="mean">x is uniform within 1 of it.</param>
    public NormOperands(CudaRig rig, int[] shape, int groups, double mean = 0.5)
    {
        (this.rig, this.shape, Groups) = (rig, shape, groups);
        var channels = shape[3];
        var values = rig.Rounded(Numbers.Random(1, (long)shape[0] * shape[1] * shape[2] * channels, mean - 1, mean + 1));
        var (g, b) = (Numbers.Random(2, channels, 0.5, 1.5), Numbers.Random(3, channels));
        (x, gamma, beta) = (Numbers.Doubles(values), Numbers.Doubles(g), Numbers.Doubles(b));
        X = Map(values);
        var running = groups == 0;
        RunningMean = running ? rig.Statistic(Numbers.Random(4, channels)) : -1;
        RunningVariance = running ? rig.Statistic(Numbers.Random(5, channels, 0.5, 2)) : -1;
        Parameters = new NormParameters(
            rig.Parameter(g), rig.Parameter(b), RunningMean, RunningVariance, channels, groups, Epsilon, Momentum);
        Statistics = rig.Statistics(running ? channels : Math.Max(1, shape[0] * groups));
    }

    public int Groups { get; }

    public int Channels => shape[3];

    public FeatureMap X { get; }

    public NormParameters Parameters { get; }

    public NormStatisticsMap Statistics { get; }

    public int RunningMean { get; }

    public int RunningVariance { get; }

    /// <summary>A map like x.</summary>
    public FeatureMap Map(float[] values) => rig.Map(shape[0], shape[1], shape[2], shape[3], values);

    /// <summary>A map like x, without values.</summary>
    public FeatureMap Map() => rig.Map(shape[0], shape[1], shape[2], shape[3]);

    /// <summary>Values for a map like x, rounded.</summary>
    public float[] Random(int seed) => rig.Rounded(Numbers.Random(seed, x.Length));

    /// <summary>γ·x̂ + β.</summary>
    public double[] Normalized()
    {
        var y = new double[x.Length];
        if (Groups == 0)
        {
            BatchNormReference.Forward(x, Channels, gamma, beta, Epsilon, y);
        }
        else
        {
            GroupNormReference.Forward(x, shape[0], Channels, Groups, gamma, beta, Epsilon, y);
        }

        return y;
    }

    /// <summary>dγ, dβ and dx.</summary>
    public (double[] Dgamma, double[] Dbeta, double[] Dx) Gradients(double[] dy)
    {
        var (dgamma, dbeta, dx) = (new double[Channels], new double[Channels], new double[x.Length]);
        if (Groups == 0)
        {
            BatchNormReference.Backward(x, Channels, gamma, Epsilon, dy, dgamma, dbeta, dx);
        }
        else
        {
            GroupNormReference.Backward(x, shape[0], Channels, Groups, gamma, Epsilon, dy, dgamma, dbeta, dx);
        }

        return (dgamma, dbeta, dx);
    }

    /// <summary>The means and then the reciprocal deviations that a forward pass keeps.</summary>
    public double[] KeptStatistics()
    {
        var images = Groups == 0 ? 1 : shape[0];
        var groups = Groups == 0 ? Channels : Groups;
        var (perGroup, perImage) = (Channels / groups, x.Length / images);
        var kept = new double[2 * images * groups];
        for (var i = 0; i < images * groups; i++)
        {
            var from = i / groups * perImage;
            var members = Enumerable.Range(from, perImage).Where(j => j % Channels / perGroup == i % groups).Select(j => x[j]).ToArray();
            var mean = members.Average();
            kept[i] = mean;
            kept[(images * groups) + i] = 1 / Math.Sqrt(members.Average(v => (v - mean) * (v - mean)) + Epsilon);
        }

        return kept;
    }

    /// <summary>Compares the running statistics after one forward pass with what they began with, updated.</summary>
    public void CheckRunning()
    {
        var (mean, variance) = (Numbers.Doubles(Numbers.Random(4, Channels)), Numbers.Doubles(Numbers.Random(5, Channels, 0.5, 2)));
        BatchNormReference.UpdateRunning(x, Channels, Momentum, mean, variance);
        Check.Close("running mean", mean, rig.Read(rig.Model.Statistics, RunningMean, Channels), 1e-6);
        Check.Close("running variance", variance, rig.Read(rig.Model.Statistics, RunningVariance, Channels), 1e-5);
    }
}
