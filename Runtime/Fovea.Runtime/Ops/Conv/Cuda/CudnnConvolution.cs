using System.Diagnostics.CodeAnalysis;
using Fovea.Cuda.Cudnn;
using Fovea.Cuda;
using Fovea.CompilerServices;

namespace Fovea.Ops.Conv;

/// <summary>
/// Convolution by cuDNN. Where it has an engine for the convolution with bias, residual, ReLU or mask in one, that runs; otherwise the
/// convolution alone, and one pass of our own does the rest: also where a residual lies in the result's place, as no engine promises to
/// read it before it writes. Channels that are no whole 16 bytes are padded in the workspace. In 2-byte precisions the bias and dw pass in
/// the values' type, for which there are faster engines; dw is added up in float32.
/// </summary>
/// <param name="context">The session.</param>
/// <param name="cudnn">Makes and runs plans; disposed of with this.</param>
internal sealed class CudnnConvolution(CudaContext context, CudnnConvolutions cudnn) : IDisposable
{
    /// <summary>Beside the operands, what timing may take: engines that want more are as a rule not the fastest.</summary>
    private const long TimingWorkspace = 256L << 20;

    private readonly ConvolutionPasses passes = new(context);
    private readonly int valueBytes = KernelVariant.BytesOf(context.Kernels.Precision);

    private int Lanes => 16 / valueBytes;

    private ConvolutionEpilogue Narrow => valueBytes == 2 ? ConvolutionEpilogue.NarrowParameters : ConvolutionEpilogue.None;

    /// <summary>y = w·x + b (+ add, of y's shape or to be upsampled to it), max(0, ·) where asked for.</summary>
    /// <returns>False, and nothing done, where cuDNN does not serve.</returns>
    public bool TryForward(FeatureMap x, in ConvParameters w, FeatureMap y, FeatureMap add, bool relu)
    {
        var upsampled = !add.IsEmpty && (add.Height != y.Height || add.Width != y.Width);
        if (!Takes(w) || (upsampled && relu))
        {
            return false;
        }

        var same = upsampled ? default : add;
        if (!TryForwardFused(x, w, y, same, relu) && !TryForwardInParts(x, w, y, same, relu))
        {
            return false;
        }

        if (upsampled)
        {
            passes.UpsampleAdd(y, add, y);
        }

        return true;
    }

    /// <summary>dx = (wᵀ·dy (+ accumulate)) · [mask &gt; 0]; absent operands are left out.</summary>
    /// <returns>False, and nothing done, where cuDNN does not serve.</returns>
    public bool TryBackwardData(in ConvParameters w, FeatureMap dy, FeatureMap dx, FeatureMap accumulate, FeatureMap mask) =>
        Takes(w) && (TryBackwardDataFused(w, dy, dx, accumulate, mask) || TryBackwardDataInParts(w, dy, dx, accumulate, mask));

    /// <summary>dw = dyᵀ·x, overwriting or adding; not the bias's gradient.</summary>
    /// <returns>False, and nothing done, where cuDNN does not serve.</returns>
    public bool TryBackwardWeights(FeatureMap x, in ConvParameters w, FeatureMap dy, in ConvGradients d)
    {
        if (!Takes(w))
        {
            return false;
        }

        var padding = ChannelPadding.To(Lanes, w);
        var gradient = CudaContext.Offset(context.Model.Gradients, d.Weight);
        var direct = valueBytes == 4 && !padding.IsNeeded;
        var epilogue = direct && d.Accumulate ? ConvolutionEpilogue.Accumulate : Narrow;
        if (!TryPlan(ConvolutionDirection.BackwardFilter, x, padding, epilogue, out var plan))
        {
            return false;
        }

        var parts = default(WorkspaceParts);
        var (xAt, dyAt) = (AddMap(ref parts, x, padding.In), AddMap(ref parts, dy, padding.Out));
        var (dwAt, space) = (parts.Add(direct ? 0 : padding.WeightLength * valueBytes), parts.Add(plan.WorkspaceBytes));
        var start = Workspace(parts);
        var dw = direct ? gradient.Address : start + dwAt;
        Execute(plan, start + space, new ConvolutionOperands(
            Padded(x, padding.In, start + xAt), dw, Padded(dy, padding.Out, start + dyAt)));
        if (!direct)
        {
            var inputs = w.InChannels / w.Groups;
            passes.Widen(new(dw), gradient, (long)w.OutChannels * padding.Taps, inputs, padding.In / w.Groups, d.Accumulate);
        }

        return true;
    }

    public void Dispose() => cudnn.Dispose();

    private static bool IsSamePlace(FeatureMap a, FeatureMap b) => !a.IsEmpty && !b.IsEmpty && a.Offset == b.Offset;

    private bool TryForwardFused(FeatureMap x, in ConvParameters w, FeatureMap y, FeatureMap add, bool relu)
    {
        var padding = ChannelPadding.To(Lanes, w);
        var epilogue = (w.HasBias ? ConvolutionEpilogue.Bias | Narrow : 0)
            | (add.IsEmpty ? 0 : ConvolutionEpilogue.Add) | (relu ? ConvolutionEpilogue.Relu : 0);
        if (padding.IsNeeded || (w.HasBias && w.Bias % Lanes != 0) || IsSamePlace(y, add)
            || !TryPlan(ConvolutionDirection.Forward, x, padding, epilogue, out var plan))
        {
            return false;
        }

        Execute(plan, Workspace(plan), new ConvolutionOperands(
            context.Values(x).Address, context.Weights(w).Address, context.Values(y).Address, context.BiasValues(w).Address,
            context.Values(add).Address));
        return true;
    }

    private bool TryForwardInParts(FeatureMap x, in ConvParameters w, FeatureMap y, FeatureMap add, bool relu)
    {
        var padding = ChannelPadding.To(Lanes, w);
        if (!TryPlan(ConvolutionDirection.Forward, x, padding, ConvolutionEpilogue.None, out var plan))
        {
            return false;
        }

        var direct = !padding.PadsOut && !IsSamePlace(y, add);
        var parts = default(WorkspaceParts);
        var (xAt, wAt) = (AddMap(ref parts, x, padding.In), AddWeights(ref parts, padding));
        var (yAt, space) = (parts.Add(direct ? 0 : y.Cells * padding.Out * valueBytes), parts.Add(plan.WorkspaceBytes));
        var start = Workspace(parts);
        var result = direct ? context.Values(y) : new(start + yAt);
        Execute(plan, start + space, new ConvolutionOperands(
            Padded(x, padding.In, start + xAt), Padded(padding, start + wAt), result.Address));
        if (!direct || w.HasBias || !add.IsEmpty || relu)
        {
            passes.Finish(result, padding.Out, y, context.Bias(w), add, relu: relu);
        }

        return true;
    }

    private bool TryBackwardDataFused(in ConvParameters w, FeatureMap dy, FeatureMap dx, FeatureMap accumulate, FeatureMap mask)
    {
        var padding = ChannelPadding.To(Lanes, w);
        var epilogue = (accumulate.IsEmpty ? 0 : ConvolutionEpilogue.Add) | (mask.IsEmpty ? 0 : ConvolutionEpilogue.Mask);
        if (padding.IsNeeded || IsSamePlace(dx, accumulate) || IsSamePlace(dx, mask)
            || !TryPlan(ConvolutionDirection.BackwardData, dx, padding, epilogue, out var plan))
        {
            return false;
        }

        Execute(plan, Workspace(plan), new ConvolutionOperands(
            context.Values(dx).Address, context.Weights(w).Address, context.Values(dy).Address, default,
            context.Values(accumulate).Address, context.Values(mask).Address));
        return true;
    }

    private bool TryBackwardDataInParts(in ConvParameters w, FeatureMap dy, FeatureMap dx, FeatureMap accumulate, FeatureMap mask)
    {
        var padding = ChannelPadding.To(Lanes, w);
        if (!TryPlan(ConvolutionDirection.BackwardData, dx, padding, ConvolutionEpilogue.None, out var plan))
        {
            return false;
        }

        var direct = !padding.PadsIn && !IsSamePlace(dx, accumulate) && !IsSamePlace(dx, mask);
        var parts = default(WorkspaceParts);
        var (dyAt, wAt) = (AddMap(ref parts, dy, padding.Out), AddWeights(ref parts, padding));
        var (dxAt, space) = (parts.Add(direct ? 0 : dx.Cells * padding.In * valueBytes), parts.Add(plan.WorkspaceBytes));
        var start = Workspace(parts);
        var result = direct ? context.Values(dx) : new(start + dxAt);
        Execute(plan, start + space, new ConvolutionOperands(
            result.Address, Padded(padding, start + wAt), Padded(dy, padding.Out, start + dyAt)));
        if (!direct || !accumulate.IsEmpty || !mask.IsEmpty)
        {
            passes.Finish(result, padding.In, dx, default, accumulate, mask);
        }

        return true;
    }

    /// <summary>Channels of groups are not padded: they must be whole 16 bytes, as must be each filter's beginning.</summary>
    private bool Takes(in ConvParameters w) => w.Weight % Lanes == 0 && (w.Groups == 1
        || (w.InChannels % Lanes == 0 && w.OutChannels % Lanes == 0 && w.InChannels / w.Groups * w.Kernel * w.Kernel % Lanes == 0));

    private long AddMap(ref WorkspaceParts parts, FeatureMap map, int channels) =>
        parts.Add(map.Channels == channels ? 0 : map.Cells * channels * valueBytes);

    private long AddWeights(ref WorkspaceParts parts, in ChannelPadding padding) =>
        parts.Add(padding.IsNeeded ? padding.WeightLength * valueBytes : 0);

    /// <summary>A map with so many channels: itself, or a padded copy in the workspace.</summary>
    private DeviceAddress Padded(FeatureMap map, int channels, DeviceAddress copy)
    {
        if (map.Channels == channels)
        {
            return context.Values(map).Address;
        }

        passes.Pad(context.Values(map), new(copy), map.Cells, map.Cells, map.Channels, channels);
        return copy;
    }

    /// <summary>The weights of a convolution with its padding: themselves, or a padded copy in the workspace.</summary>
    private DeviceAddress Padded(in ChannelPadding padding, DeviceAddress copy)
    {
        var w = padding.Convolution;
        if (!padding.IsNeeded)
        {
            return context.Weights(w).Address;
        }

        passes.Pad(
            context.Weights(w), new(copy), (long)w.OutChannels * padding.Taps, (long)padding.Out * padding.Taps, w.InChannels, padding.In);
        return copy;
    }

    private DeviceAddress Workspace(in WorkspaceParts parts) => parts.Bytes == 0 ? default : context.Workspace(parts.Bytes);

    private DeviceAddress Workspace(CudnnPlan plan) => plan.WorkspaceBytes == 0 ? default : context.Workspace(plan.WorkspaceBytes);

    private void Execute(CudnnPlan plan, DeviceAddress workspace, in ConvolutionOperands operands) =>
        cudnn.Execute(plan, context.Stream, operands, plan.WorkspaceBytes == 0 ? default : workspace);

    /// <summary>The plan of a padded convolution. The choice is made when a shape first occurs, outside any capture, and kept.</summary>
    private bool TryPlan(
        ConvolutionDirection direction, FeatureMap x, in ChannelPadding padding, ConvolutionEpilogue epilogue,
        [NotNullWhen(true)] out CudnnPlan? plan)
    {
        var shape = cudnn.ShapeOf(direction, x with { Channels = padding.In }, padding.Padded, epilogue);
        return cudnn.IsChosen(shape) ? cudnn.TryPrepare(shape, out plan) : TryChoose(shape, out plan);
    }

    /// <summary>Times the engines on memory of its own: the operands of the running step must stay what they are.</summary>
    private bool TryChoose(in ConvolutionShape shape, [NotNullWhen(true)] out CudnnPlan? plan)
    {
        var bytes = shape.ScratchBytes() + TimingWorkspace;
        if (!cudnn.WantsTiming || context.Driver.GetMemory().FreeBytes < 2 * bytes)
        {
            return cudnn.TryPrepare(shape, out plan);
        }

        var scratch = context.Driver.Allocate(bytes, "timing");
        try
        {
            // Nothing of the step may run beside what is timed.
            context.Synchronize();
            return cudnn.TryPrepare(shape, new ConvolutionScratch(scratch, bytes), context.Stream, out plan);
        }
        finally
        {
            context.Driver.SynchronizeStream(context.Stream);
            context.Driver.Free(scratch);
        }
    }
}
