using Fovea.Cuda.Cudnn;
using Fovea.Tensors;

namespace Fovea.Cuda;

/// <summary>
/// Chooses who convolves: cuDNN where it is installed, the channels fill its vectors and it finds an engine for the whole fused operation;
/// otherwise our own kernels. The choice is made when a shape first occurs, outside any capture, and kept.
/// </summary>
/// <param name="context">The session.</param>
/// <param name="cudnn">Null where cuDNN is not installed; disposed of with this.</param>
internal sealed class ConvolutionEngine(CudaContext context, CudnnConvolutions? cudnn) : IDisposable
{
    /// <summary>Beside the operands, what timing may take: engines that want more are as a rule not the fastest.</summary>
    private const long TimingWorkspace = 256L << 20;

    private readonly HashSet<ConvolutionShape> known = [];
    private readonly OwnConvolution own = new(context);

    /// <summary>y = w·x + b (+ add, of y's shape or to be upsampled to it), max(0, ·) where asked for.</summary>
    public void Forward(FeatureMap x, in ConvParameters w, FeatureMap y, FeatureMap add = default, bool relu = false)
    {
        var upsampled = !add.IsEmpty && (add.Height != y.Height || add.Width != y.Width);
        var epilogue = (w.HasBias ? ConvolutionEpilogue.Bias : 0)
            | (add.IsEmpty || upsampled ? 0 : ConvolutionEpilogue.Add)
            | (relu ? ConvolutionEpilogue.Relu : 0);
        if ((upsampled && relu) || !TryPlan(ConvolutionDirection.Forward, x, w, epilogue, out var plan))
        {
            own.Forward(x, w, y, add, relu);
            return;
        }

        Execute(plan, new ConvolutionOperands(
            context.Values(x).Address, context.Weights(w).Address, context.Values(y).Address, context.Bias(w).Address,
            upsampled ? default : context.Values(add).Address, default));
        if (upsampled)
        {
            new CudaBackend(context).UpsampleAdd(y, add, y);
        }
    }

    /// <summary>dx = (wᵀ·dy (+ accumulate)) · [mask &gt; 0]; absent operands are left out.</summary>
    public void BackwardData(in ConvParameters w, FeatureMap dy, FeatureMap dx, FeatureMap accumulate = default, FeatureMap mask = default)
    {
        var epilogue = (accumulate.IsEmpty ? 0 : ConvolutionEpilogue.Add) | (mask.IsEmpty ? 0 : ConvolutionEpilogue.Mask);
        if (!TryPlan(ConvolutionDirection.BackwardData, dx, w, epilogue, out var plan))
        {
            own.BackwardData(w, dy, dx, accumulate, mask);
            return;
        }

        Execute(plan, new ConvolutionOperands(
            context.Values(dx).Address, context.Weights(w).Address, context.Values(dy).Address, default,
            context.Values(accumulate).Address, context.Values(mask).Address));
    }

    /// <summary>dw = dyᵀ·x, db = Σ dy.</summary>
    public void BackwardWeights(FeatureMap x, in ConvParameters w, FeatureMap dy, in ConvGradients d)
    {
        var epilogue = d.Accumulate ? ConvolutionEpilogue.Accumulate : ConvolutionEpilogue.None;
        if (!TryPlan(ConvolutionDirection.BackwardFilter, x, w, epilogue, out var plan))
        {
            own.BackwardWeights(x, w, dy, d);
            return;
        }

        Execute(plan, new ConvolutionOperands(
            context.Values(x).Address, CudaContext.Offset(context.Model.Gradients, d.Weight).Address, context.Values(dy).Address,
            default, default, default));
        own.BackwardBias(w, dy, d);
    }

    public void Dispose() => cudnn?.Dispose();

    private bool TryPlan(
        ConvolutionDirection direction, FeatureMap x, in ConvParameters w, ConvolutionEpilogue epilogue,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out CudnnPlan? plan)
    {
        plan = null;
        if (cudnn is null || !FillsVectors(w))
        {
            return false;
        }

        var shape = cudnn.ShapeOf(direction, x, w, epilogue);
        return known.Contains(shape) ? cudnn.TryPrepare(shape, out plan) : TryChoose(shape, out plan);
    }

    /// <summary>Times the engines on memory of its own: the operands of the running step must stay what they are.</summary>
    private bool TryChoose(in ConvolutionShape shape, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out CudnnPlan? plan)
    {
        known.Add(shape);
        var bytes = shape.ScratchBytes() + TimingWorkspace;
        if (context.Driver.GetMemory().FreeBytes < 2 * bytes)
        {
            return cudnn!.TryPrepare(shape, out plan);
        }

        var scratch = context.Driver.Allocate(bytes, "timing");
        try
        {
            return cudnn!.TryPrepare(shape, new ConvolutionScratch(scratch, bytes), context.Stream, out plan);
        }
        finally
        {
            context.Driver.SynchronizeStream(context.Stream);
            context.Driver.Free(scratch);
        }
    }

    private void Execute(CudnnPlan plan, in ConvolutionOperands operands) => cudnn!.Execute(
        plan, context.Stream, operands, plan.WorkspaceBytes == 0 ? default : context.Workspace(plan.WorkspaceBytes));

    /// <summary>Rows of channels must be multiples of 16 bytes, the alignment that plans are made for.</summary>
    private bool FillsVectors(in ConvParameters w)
    {
        var lanes = 16 / KernelVariant.BytesOf(context.Kernels.Precision);
        return w.InChannels % lanes == 0 && w.OutChannels % lanes == 0 && w.Weight % lanes == 0
            && (w.InChannels / w.Groups * w.Kernel * w.Kernel) % lanes == 0 && (!w.HasBias || w.Bias % 4 == 0);
    }
}
