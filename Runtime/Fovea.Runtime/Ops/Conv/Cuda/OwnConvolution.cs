using Fovea.Cuda;
using Fovea.CompilerServices;

namespace Fovea.Ops.Conv;

/// <summary>
/// Convolution by kernels of our own: any kernel size, stride, padding, groups and channels, on any GPU. Contract and reference:
/// <see cref="ConvReference"/>. How the work is divided depends on the shapes alone.
/// </summary>
internal readonly struct OwnConvolution(CudaContext context)
{
    private const int Rows = 128;
    private const int Columns = 64;
    private const int NarrowColumns = 16;
    private const int Threads = 256;

    /// <summary>Values in 16 bytes.</summary>
    private int Lanes => 16 / KernelVariant.BytesOf(context.Kernels.Precision);

    /// <summary>
    /// y = w·x + b (+ add), max(0, ·) where <paramref name="relu"/>. A coarser <paramref name="add"/> is read at the nearest cell; y may be
    /// add.
    /// </summary>
    public void Forward(FeatureMap x, in ConvParameters w, FeatureMap y, FeatureMap add = default, bool relu = false)
    {
        ConvGeometry.Check(x, w, y);
        Multiply(new Product(x, context.Weights(w), context.Bias(w), y, add, default, w, Backward: false, relu));
    }

    /// <summary>dx = (wᵀ·dy (+ accumulate)) (· [mask &gt; 0]); dx may be accumulate.</summary>
    public void BackwardData(in ConvParameters w, FeatureMap dy, FeatureMap dx, FeatureMap accumulate = default, FeatureMap mask = default)
    {
        ConvGeometry.Check(dx, w, dy);
        var filter = new DevicePointer<Value>(context.Workspace((long)w.WeightLength * KernelVariant.BytesOf(context.Kernels.Precision)));
        var (inputs, outputs, taps) = (w.InChannels / w.Groups, w.OutChannels / w.Groups, w.Kernel * w.Kernel);
        context.Kernels.TransposeFilter.Launch(
            context.Shape(new Dim3(CeilDiv(outputs, 32) * CeilDiv(inputs, 32), taps, w.Groups), Threads),
            context.Weights(w), filter, taps, inputs, outputs);
        Multiply(new Product(dy, filter, default, dx, accumulate, mask, w, Backward: true, Relu: false));
    }

    /// <summary>dw = dyᵀ·x, db = Σ dy, where <paramref name="d"/> says, overwriting or adding.</summary>
    public void BackwardWeights(FeatureMap x, in ConvParameters w, FeatureMap dy, in ConvGradients d)
    {
        ConvGeometry.Check(x, w, dy);
        var plan = new OwnGradientPlan(w, dy);
        var partial = context.Workspace(plan.WorkspaceBytes);
        var filter = new DevicePointer<float>(partial);
        var (wideX, wideDy) = (IsWide(w.InChannels / w.Groups, context.Values(x)), IsWide(w.OutChannels / w.Groups, context.Values(dy)));
        var shape = context.Shape(new Dim3(plan.Tiles * plan.Chunks, w.Groups), Threads);
        if (plan.IsNarrow)
        {
            context.Kernels.ConvFilterGradientNarrow.Launch(
                shape, context.Values(x), context.Values(dy), filter,
                x.Images, x.Height, x.Width, x.Channels, dy.Height, dy.Width, dy.Channels,
                w.Groups, w.Kernel, w.Stride, w.Padding, plan.ChunkCells, plan.FilterStride, wideX, wideDy);
        }
        else
        {
            context.Kernels.ConvFilterGradient.Launch(
                shape, context.Values(x), context.Values(dy), filter,
                x.Images, x.Height, x.Width, x.Channels, dy.Height, dy.Width, dy.Channels,
                w.Groups, w.Kernel, w.Stride, w.Padding, plan.ChunkCells, plan.FilterStride, wideX, wideDy);
        }

        Reduce(filter, d.Weight, w.WeightLength, plan.FilterStride, plan.Chunks, d.Accumulate);
        if (d.Bias >= 0)
        {
            BiasGradient(dy, plan, new DevicePointer<float>(partial + plan.FilterBytes), d);
        }
    }

    /// <summary>db = Σ dy, where <paramref name="d"/> says: what is left when another has computed dw.</summary>
    public void BackwardBias(in ConvParameters w, FeatureMap dy, in ConvGradients d)
    {
        if (d.Bias >= 0)
        {
            var plan = new OwnGradientPlan(w, dy);
            BiasGradient(dy, plan, new DevicePointer<float>(context.Workspace(plan.BiasBytes)), d);
        }
    }

    private static int CeilDiv(int a, int b) => ConvGeometry.CeilDiv(a, b);

    private void BiasGradient(FeatureMap dy, in OwnGradientPlan plan, DevicePointer<float> partial, in ConvGradients d)
    {
        var grid = new Dim3(plan.BiasChunks, CeilDiv(dy.Channels, 8 * Lanes));
        context.Kernels.BiasGradient.Launch(
            context.Shape(grid, Threads), context.Values(dy), partial, dy.Cells, dy.Channels, OwnGradientPlan.BiasChunkCells,
            plan.BiasStride, IsWide(dy.Channels, context.Values(dy)));
        Reduce(partial, d.Bias, dy.Channels, plan.BiasStride, plan.BiasChunks, d.Accumulate);
    }

    private void Reduce(DevicePointer<float> partial, int offset, int length, long stride, int chunks, bool accumulate)
    {
        var gradient = CudaContext.Offset(context.Model.Gradients, offset);
        var wide = gradient.Address.Value % 16 == 0;
        context.Kernels.ReduceGradient.Launch(
            context.Spread(length, wide ? 4 : 1), partial, gradient, length, stride, chunks, accumulate ? 1 : 0, wide ? 1 : 0);
    }

    private void Multiply(in Product p)
    {
        var (source, destination, w) = (p.Source, p.Destination, p.Convolution);
        var (depthChannels, columns) = (source.Channels / w.Groups, destination.Channels / w.Groups);
        var phases = p.Backward ? w.Stride : 1;
        var rows = checked(destination.Images * CeilDiv(destination.Height, phases) * CeilDiv(destination.Width, phases));
        var narrow = columns <= NarrowColumns;
        var grid = new Dim3(checked(CeilDiv(rows, Rows) * CeilDiv(columns, narrow ? NarrowColumns : Columns)), w.Groups, phases * phases);
        var (add, mask) = (context.Values(p.Add), context.Values(p.Mask));
        var wideSource = IsWide(depthChannels, context.Values(source), p.Filter);
        var wideDestination = IsWide(columns, context.Values(destination), add, mask);
        var (backward, relu) = (p.Backward ? 1 : 0, p.Relu ? 1 : 0);
        if (narrow)
        {
            context.Kernels.ConvGemmNarrow.Launch(
                context.Shape(grid, Threads), context.Values(source), p.Filter, p.Bias, add, mask, context.Values(destination),
                source.Images, source.Height, source.Width, source.Channels, destination.Height, destination.Width, destination.Channels,
                w.Groups, w.Kernel, w.Stride, w.Padding, p.Add.Height, p.Add.Width, backward, relu, wideSource, wideDestination);
            return;
        }

        context.Kernels.ConvGemm.Launch(
            context.Shape(grid, Threads), context.Values(source), p.Filter, p.Bias, add, mask, context.Values(destination),
            source.Images, source.Height, source.Width, source.Channels, destination.Height, destination.Width, destination.Channels,
            w.Groups, w.Kernel, w.Stride, w.Padding, p.Add.Height, p.Add.Width, backward, relu, wideSource, wideDestination);
    }

    /// <summary>1 where runs of channels can be read 16 bytes at a time.</summary>
    private int IsWide(int channels, params ReadOnlySpan<DevicePointer<Value>> operands)
    {
        var wide = channels % Lanes == 0;
        foreach (var operand in operands)
        {
            wide &= operand.Address.Value % 16 == 0;
        }

        return wide ? 1 : 0;
    }

    /// <summary>A product of the kernel conv_gemm: backward it reads dy and writes dx.</summary>
    private readonly record struct Product(
        FeatureMap Source,
        DevicePointer<Value> Filter,
        DevicePointer<float> Bias,
        FeatureMap Destination,
        FeatureMap Add,
        FeatureMap Mask,
        ConvParameters Convolution,
        bool Backward,
        bool Relu);
}
