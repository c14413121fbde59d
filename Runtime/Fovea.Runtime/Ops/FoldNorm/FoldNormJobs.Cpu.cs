using Fovea.Cpu;
using Fovea.CompilerServices;

namespace Fovea.Ops.FoldNorm;

/// <summary>A convolution's filters and the fixed statistics behind them, by output channel.</summary>
internal readonly unsafe struct NormedFilters(CpuContext context, in ConvParameters w, in NormParameters norm)
{
    public readonly CpuKernelTable Kernels = context.Kernels;

    /// <summary>Weights of one output channel.</summary>
    public readonly int Length = w.WeightLength / w.OutChannels;

    /// <summary>γ.</summary>
    public readonly float* Scale = context.Model.Parameters.Pointer + norm.Scale;

    private readonly float epsilon = norm.Epsilon;
    private readonly float* weights = context.Weights(w);
    private readonly float* bias = context.Bias(w);
    private readonly float* mean = context.Model.Statistics.Pointer + norm.Mean;
    private readonly float* variance = context.Model.Statistics.Pointer + norm.Variance;

    public float* Weights(int channel) => weights + ((long)channel * Length);

    /// <summary>√(σ² + ε).</summary>
    public float Deviation(int channel) => MathF.Sqrt(variance[channel] + epsilon);

    /// <summary>b − μ, b being 0 where the convolution has none.</summary>
    public float CentredBias(int channel) => (bias == null ? 0 : bias[channel]) - mean[channel];
}

/// <summary>
/// w' = w·s, b' = β + (b − μ)·s with s = γ / √(σ² + ε): a task is an output channel. Batch normalisation with fixed statistics is an affine
/// map of each channel, which the convolution before it absorbs.
/// </summary>
internal unsafe struct BatchNormFoldJob(CpuContext context, in ConvParameters w, in NormParameters norm, in ConvParameters folded) : ICpuJob
{
    private readonly NormedFilters filters = new(context, w, norm);
    private readonly float* shift = context.Model.Parameters.Pointer + norm.Shift;
    private readonly float* foldedWeights = context.Weights(folded);
    private readonly float* foldedBias = context.Bias(folded);

    public readonly void Execute(int task, int worker)
    {
        var s = filters.Scale[task] / filters.Deviation(task);
        filters.Kernels.Scale(filters.Weights(task), foldedWeights + ((long)task * filters.Length), filters.Length, s);
        foldedBias[task] = shift[task] + (filters.CentredBias(task) * s);
    }
}

/// <summary>
/// dw = dw'·s in place; dγ = (Σ dw'·w + db'·(b − μ)) / √(σ² + ε), from w' = w·γ/√(σ² + ε) and b' = β + (b − μ)·γ/√(σ² + ε). A task is an
/// output channel.
/// </summary>
internal unsafe struct BatchNormFoldBackwardJob(
    CpuContext context, in ConvParameters w, in NormParameters norm, in ConvGradients d, in NormGradients dnorm) : ICpuJob
{
    private readonly NormedFilters filters = new(context, w, norm);
    private readonly float* dw = context.Model.Gradients.Pointer + d.Weight;
    private readonly float* dscale = dnorm.Scale < 0 ? null : context.Model.Gradients.Pointer + dnorm.Scale;
    private readonly float* dshift = dnorm.Scale < 0 ? null : context.Model.Gradients.Pointer + dnorm.Shift;
    private readonly bool accumulate = dnorm.Accumulate;

    public readonly void Execute(int task, int worker)
    {
        var reciprocal = 1 / filters.Deviation(task);
        var factor = filters.Scale[task] * reciprocal;
        var gradient = dw + ((long)task * filters.Length);
        if (dscale == null)
        {
            filters.Kernels.Scale(gradient, gradient, filters.Length, factor);
            return;
        }

        var dot = filters.Kernels.ScaleAndDot(gradient, filters.Weights(task), filters.Length, factor);
        var dgamma = (float)((dot + ((double)dshift[task] * filters.CentredBias(task))) * reciprocal);
        dscale[task] = accumulate ? dscale[task] + dgamma : dgamma;
    }
}
