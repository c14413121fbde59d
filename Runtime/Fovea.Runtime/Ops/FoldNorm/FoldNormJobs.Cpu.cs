using Fovea.Cpu;
using Fovea.CompilerServices;

namespace Fovea.Ops.FoldNorm;

/// <summary>
/// w' = w·s, b' = β + (b − μ)·s with s = γ / √(σ² + ε): a task is an output channel. Batch normalisation with fixed statistics is an affine
/// map of each channel, which the convolution before it absorbs.
/// </summary>
internal unsafe struct BatchNormFoldJob(CpuContext context, in ConvParameters w, in NormParameters norm, in ConvParameters folded) : ICpuJob
{
    private readonly CpuKernelTable kernels = context.Kernels;
    private readonly int filterLength = w.WeightLength / w.OutChannels;
    private readonly float epsilon = norm.Epsilon;
    private readonly float* weights = context.Weights(w);
    private readonly float* bias = context.Bias(w);
    private readonly float* scale = context.Model.Parameters.Pointer + norm.Scale;
    private readonly float* shift = context.Model.Parameters.Pointer + norm.Shift;
    private readonly float* mean = context.Model.Statistics.Pointer + norm.Mean;
    private readonly float* variance = context.Model.Statistics.Pointer + norm.Variance;
    private readonly float* foldedWeights = context.Weights(folded);
    private readonly float* foldedBias = context.Bias(folded);

    public readonly void Execute(int task, int worker)
    {
        var s = scale[task] / MathF.Sqrt(variance[task] + epsilon);
        var first = (long)task * filterLength;
        kernels.Scale(weights + first, foldedWeights + first, filterLength, s);
        foldedBias[task] = shift[task] + (((bias == null ? 0 : bias[task]) - mean[task]) * s);
    }
}

/// <summary>
/// dw = dw'·s in place; dγ = (Σ dw'·w + db'·(b − μ)) / √(σ² + ε), from w' = w·γ/√(σ² + ε) and b' = β + (b − μ)·γ/√(σ² + ε). A task is an
/// output channel.
/// </summary>
internal unsafe struct BatchNormFoldBackwardJob(
    CpuContext context, in ConvParameters w, in NormParameters norm, in ConvGradients d, in NormGradients dnorm) : ICpuJob
{
    private readonly CpuKernelTable kernels = context.Kernels;
    private readonly int filterLength = w.WeightLength / w.OutChannels;
    private readonly float epsilon = norm.Epsilon;
    private readonly float* weights = context.Weights(w);
    private readonly float* bias = context.Bias(w);
    private readonly float* scale = context.Model.Parameters.Pointer + norm.Scale;
    private readonly float* mean = context.Model.Statistics.Pointer + norm.Mean;
    private readonly float* variance = context.Model.Statistics.Pointer + norm.Variance;
    private readonly float* dw = context.Model.Gradients.Pointer + d.Weight;
    private readonly float* dscale = dnorm.Scale < 0 ? null : context.Model.Gradients.Pointer + dnorm.Scale;
    private readonly float* dshift = dnorm.Scale < 0 ? null : context.Model.Gradients.Pointer + dnorm.Shift;
    private readonly bool accumulate = dnorm.Accumulate;

    public readonly void Execute(int task, int worker)
    {
        var reciprocal = 1 / MathF.Sqrt(variance[task] + epsilon);
        var first = (long)task * filterLength;
        if (dscale == null)
        {
            kernels.Scale(dw + first, dw + first, filterLength, scale[task] * reciprocal);
            return;
        }

        var dot = kernels.ScaleAndDot(dw + first, weights + first, filterLength, scale[task] * reciprocal);
        var dgamma = (float)((dot + ((double)dshift[task] * ((bias == null ? 0 : bias[task]) - mean[task]))) * reciprocal);
        dscale[task] = accumulate ? dscale[task] + dgamma : dgamma;
    }
}
