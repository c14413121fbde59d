using System.Numerics;
using Fovea.CompilerServices;

namespace Fovea.Ops.Norm;

/// <summary>
/// The small part of a normalisation, between its two passes over memory: tasks' sums → statistics or gradients → coefficients
/// for each slab and channel.
/// Serial, in fixed order, in double.
/// </summary>
internal readonly unsafe struct NormWorkspace
{
    private readonly NormShape shape;
    private readonly int chunks;

    /// <param name="memory"><see cref="Length"/> elements.</param>
    /// <param name="shape">What is normalised.</param>
    public NormWorkspace(float* memory, NormShape shape)
    {
        this.shape = shape;
        chunks = shape.Split.Count;
        var coefficients = (long)shape.Slabs * shape.Channels;
        Partials = (double*)memory;
        Sums = Partials + (coefficients * chunks * 2);
        Mean = (float*)(Sums + (coefficients * 2));
        A = Mean + coefficients;
        B = A + coefficients;
        C = B + coefficients;
    }

    public NormShape Shape => shape;

    /// <summary>[tasks, 2, C].</summary>
    public double* Partials { get; }

    /// <summary>[slabs, 2, C].</summary>
    public double* Sums { get; }

    /// <summary>[slabs, C].</summary>
    public float* Mean { get; }

    /// <summary>Forward: γ/σ. Backward: the factor of dy. [slabs, C].</summary>
    public float* A { get; }

    /// <summary>The factor of x − mean. [slabs, C].</summary>
    public float* B { get; }

    /// <summary>What is added. [slabs, C].</summary>
    public float* C { get; }

    /// <summary>Elements of a workspace, a whole number of cache lines: sums in double, then four coefficients.</summary>
    public static long Length(NormShape shape)
    {
        var coefficients = (long)shape.Slabs * shape.Channels;
        return ((coefficients * ((4 * shape.Split.Count) + 4 + 4)) + 15) / 16 * 16;
    }

    /// <summary>Adds the tasks' sums, slab by slab, in the order of the rows.</summary>
    public void Combine()
    {
        var length = 2 * shape.Channels;
        for (var slab = 0; slab < shape.Slabs; slab++)
        {
            var sum = Sums + ((long)slab * length);
            new Span<double>(sum, length).Clear();
            for (var chunk = 0; chunk < chunks; chunk++)
            {
                AddTo(sum, Partials + ((((long)slab * chunks) + chunk) * length), length);
            }
        }
    }

    /// <summary>From Σx and Σx²: the means and reciprocal deviations that backward needs again, and the forward coefficients.</summary>
    public void FinishForward(float* gamma, float epsilon, float* stats)
    {
        var inverses = stats + ((long)shape.Slabs * shape.Groups);
        for (var slab = 0; slab < shape.Slabs; slab++)
        {
            for (var g = 0; g < shape.Groups; g++)
            {
                var (mean, variance) = Moments(slab, g);
                var inverse = 1 / Math.Sqrt(variance + epsilon);
                var at = ((long)slab * shape.Groups) + g;
                stats[at] = (float)mean;
                inverses[at] = (float)inverse;
                for (var c = g * shape.ChannelsPerGroup; c < (g + 1) * shape.ChannelsPerGroup; c++)
                {
                    Mean[((long)slab * shape.Channels) + c] = (float)mean;
                    A[((long)slab * shape.Channels) + c] = (float)(gamma[c] * inverse);
                }
            }
        }
    }

    /// <summary>
    /// running ← (1 − m)·running + m·batch, the variance unbiased (n/(n − 1)), as torch keeps them. A single cell has
    /// variance 0 either way.
    /// </summary>
    public void UpdateRunning(float momentum, float* runningMean, float* runningVariance)
    {
        var unbiased = shape.Count / Math.Max(1, shape.Count - 1);
        for (var c = 0; c < shape.Channels; c++)
        {
            var (mean, variance) = Moments(0, c);
            runningMean[c] = (float)(((1.0 - momentum) * runningMean[c]) + (momentum * mean));
            runningVariance[c] = (float)(((1.0 - momentum) * runningVariance[c]) + (momentum * variance * unbiased));
        }
    }

    /// <summary>Spreads the groups' kept means over their channels, for the pass that sums dy·(x − mean).</summary>
    public void SpreadMeans(float* stats)
    {
        for (var slab = 0; slab < shape.Slabs; slab++)
        {
            for (var c = 0; c < shape.Channels; c++)
            {
                Mean[((long)slab * shape.Channels) + c] = stats[((long)slab * shape.Groups) + (c / shape.ChannelsPerGroup)];
            }
        }
    }

    /// <summary>
    /// From Σdy and Σdy·(x − mean), with r = 1/σ, m elements in a group and sums over its channels:
    /// dx = γr·dy − r³/m·(Σγ·Σdy·(x − mean))·(x − mean) − r/m·(Σγ·Σdy).
    /// </summary>
    public void FinishBackward(float* gamma, float* stats)
    {
        for (var slab = 0; slab < shape.Slabs; slab++)
        {
            for (var g = 0; g < shape.Groups; g++)
            {
                double inverse = stats[((long)(shape.Slabs + slab) * shape.Groups) + g];
                double first = 0;
                double second = 0;
                for (var c = g * shape.ChannelsPerGroup; c < (g + 1) * shape.ChannelsPerGroup; c++)
                {
                    first += gamma[c] * Sum(slab, 0, c);
                    second += gamma[c] * Sum(slab, 1, c);
                }

                for (var c = g * shape.ChannelsPerGroup; c < (g + 1) * shape.ChannelsPerGroup; c++)
                {
                    var at = ((long)slab * shape.Channels) + c;
                    A[at] = (float)(gamma[c] * inverse);
                    B[at] = (float)(-inverse * inverse * inverse * second / shape.Count);
                    C[at] = (float)(-inverse * first / shape.Count);
                }
            }
        }
    }

    /// <summary>dγ = Σ dy·(x − mean)/σ and dβ = Σ dy over all slabs; an offset of −1 stands for a constant.</summary>
    public void WriteGradients(in NormGradients d, float* gradients, float* stats)
    {
        for (var c = 0; c < shape.Channels; c++)
        {
            double scale = 0;
            double shift = 0;
            for (var slab = 0; slab < shape.Slabs && shape.Rows > 0; slab++)
            {
                scale += Sum(slab, 1, c) * stats[((long)(shape.Slabs + slab) * shape.Groups) + (c / shape.ChannelsPerGroup)];
                shift += Sum(slab, 0, c);
            }

            if (d.Scale >= 0)
            {
                gradients[d.Scale + c] = (float)scale + (d.Accumulate ? gradients[d.Scale + c] : 0);
            }

            if (d.Shift >= 0)
            {
                gradients[d.Shift + c] = (float)shift + (d.Accumulate ? gradients[d.Shift + c] : 0);
            }
        }
    }

    private static void AddTo(double* sum, double* part, int length)
    {
        var i = 0;
        for (; i <= length - Vector<double>.Count; i += Vector<double>.Count)
        {
            Vector.Store(Vector.Load(sum + i) + Vector.Load(part + i), sum + i);
        }

        for (; i < length; i++)
        {
            sum[i] += part[i];
        }
    }

    private (double Mean, double Variance) Moments(int slab, int group)
    {
        double first = 0;
        double second = 0;
        for (var c = group * shape.ChannelsPerGroup; c < (group + 1) * shape.ChannelsPerGroup; c++)
        {
            first += Sum(slab, 0, c);
            second += Sum(slab, 1, c);
        }

        var mean = first / shape.Count;
        var variance = (second / shape.Count) - (mean * mean);

        // Rounding may leave −1e-17 where all values are equal. NaN stays NaN.
        return (mean, variance < 0 ? 0 : variance);
    }

    private double Sum(int slab, int which, int c) => Sums[((((long)slab * 2) + which) * shape.Channels) + c];
}
