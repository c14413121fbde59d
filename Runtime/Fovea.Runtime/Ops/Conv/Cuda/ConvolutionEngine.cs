using Fovea.Cuda.Cudnn;
using Fovea.Cuda;
using Fovea.CompilerServices;

namespace Fovea.Ops.Conv;

/// <summary>Chooses who convolves: cuDNN where it is installed and serves the shape, otherwise our own kernels.</summary>
/// <param name="context">The session.</param>
/// <param name="cudnn">Null where cuDNN is not installed; disposed of with this.</param>
internal sealed class ConvolutionEngine(CudaContext context, CudnnConvolutions? cudnn) : IDisposable
{
    private readonly CudnnConvolution? theirs = cudnn is null ? null : new(context, cudnn);
    private readonly OwnConvolution own = new(context);

    /// <summary>y = w·x + b (+ add, of y's shape or to be upsampled to it), max(0, ·) where asked for.</summary>
    public void Forward(FeatureMap x, in ConvParameters w, FeatureMap y, FeatureMap add = default, bool relu = false)
    {
        using var operation = context.Enter(
            context.KindOf(y), [context.Range(x), context.Range(w), context.Range(add)], [context.Range(y)]);
        if (theirs?.TryForward(x, w, y, add, relu) != true)
        {
            own.Forward(x, w, y, add, relu);
        }
    }

    /// <summary>dx = (wᵀ·dy (+ accumulate)) · [mask &gt; 0]; absent operands are left out.</summary>
    public void BackwardData(in ConvParameters w, FeatureMap dy, FeatureMap dx, FeatureMap accumulate = default, FeatureMap mask = default)
    {
        using var operation = context.Enter(
            context.KindOf(dx), [context.Range(dy), context.Range(w), context.Range(accumulate), context.Range(mask)], [context.Range(dx)]);
        if (theirs?.TryBackwardData(w, dy, dx, accumulate, mask) != true)
        {
            own.BackwardData(w, dy, dx, accumulate, mask);
        }
    }

    /// <summary>dw = dyᵀ·x, db = Σ dy.</summary>
    public void BackwardWeights(FeatureMap x, in ConvParameters w, FeatureMap dy, in ConvGradients d)
    {
        using var operation = context.Enter(
            OperationKind.Aside, [context.Range(x), context.Range(dy)],
            [context.Gradients(d.Weight, w.WeightLength), context.Gradients(d.Bias, w.OutChannels)]);
        if (theirs?.TryBackwardWeights(x, w, dy, d) == true)
        {
            own.BackwardBias(w, dy, d);
        }
        else
        {
            own.BackwardWeights(x, w, dy, d);
        }
    }

    public void Dispose() => theirs?.Dispose();
}
