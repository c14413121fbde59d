using Fovea.Cpu;
using Fovea.Ops.Conv;
using Fovea.Tensors;

namespace Fovea.Ops;

internal readonly unsafe partial struct CpuBackend
{
    /// <inheritdoc cref="Backends.IBackend.Conv"/>
    public void Conv(FeatureMap x, in ConvParameters w, FeatureMap y) => Forward(x, w, y, new ConvEpilogue());

    /// <inheritdoc cref="Backends.IBackend.ConvRelu"/>
    public void ConvRelu(FeatureMap x, in ConvParameters w, FeatureMap y) => Forward(x, w, y, new ConvEpilogue { Relu = true });

    /// <inheritdoc cref="Backends.IBackend.ConvAdd"/>
    public void ConvAdd(FeatureMap x, in ConvParameters w, FeatureMap residual, FeatureMap y)
    {
        CheckSame(nameof(residual), residual, y);
        var epilogue = new ConvEpilogue();
        epilogue.SetAdd(residual, context.Pointer(residual));
        Forward(x, w, y, epilogue);
    }

    /// <inheritdoc cref="Backends.IBackend.ConvAddRelu"/>
    public void ConvAddRelu(FeatureMap x, in ConvParameters w, FeatureMap residual, FeatureMap y)
    {
        CheckSame(nameof(residual), residual, y);
        var epilogue = new ConvEpilogue { Relu = true };
        epilogue.SetAdd(residual, context.Pointer(residual));
        Forward(x, w, y, epilogue);
    }

    /// <inheritdoc cref="Backends.IBackend.ConvUpsampleAdd"/>
    public void ConvUpsampleAdd(FeatureMap x, in ConvParameters w, FeatureMap top, FeatureMap y)
    {
        CheckSame(nameof(top), top with { Height = y.Height, Width = y.Width }, y);
        var epilogue = new ConvEpilogue();
        epilogue.SetAdd(top, context.Pointer(top));
        Forward(x, w, y, epilogue);
    }

    /// <inheritdoc cref="Backends.IBackend.ConvBackwardWeights"/>
    public void ConvBackwardWeights(FeatureMap x, in ConvParameters w, FeatureMap dy, in ConvGradients d)
    {
        ConvGeometry.Check(x, w, dy);
        if (WinogradWeightGradientPlan.Applies(w, dy, context.Kernels))
        {
            WinogradBackwardWeights(x, w, dy, d);
            return;
        }

        var geometry = ConvGeometry.Forward(x, w, dy, context.Kernels.TileColumns);
        var plan = new ConvWeightGradientPlan(geometry, context.Kernels);
        var partial = context.SharedWorkspace(plan.PartialLength);
        context.ReserveWorkspaces(plan.WorkspaceLength);
        var sums = new ConvWeightGradientJob(context, plan, x, dy, partial, d.Bias >= 0);
        context.Pool.Run(plan.Tasks, ref sums);

        var gradients = context.Model.Gradients.Pointer;
        var reduction = new ConvWeightGradientReduction(
            plan, partial, gradients + d.Weight, d.Bias >= 0 ? gradients + d.Bias : null, d.Accumulate);
        context.Pool.Run(reduction.Tasks, ref reduction);
    }

    /// <inheritdoc cref="Backends.IBackend.ConvBackwardData"/>
    public void ConvBackwardData(
        in ConvParameters w, FeatureMap dy, FeatureMap dx, FeatureMap mask = default, FeatureMap accumulate = default)
    {
        var epilogue = new ConvEpilogue();
        if (!mask.IsEmpty)
        {
            CheckSame(nameof(mask), mask, dx);
            epilogue.Mask = context.Pointer(mask);
        }

        if (!accumulate.IsEmpty)
        {
            CheckSame(nameof(accumulate), accumulate, dx);
            epilogue.SetAdd(accumulate, context.Pointer(accumulate));
        }

        Run(ConvGeometry.BackwardData(dy, w, dx, context.Kernels.TileColumns), w, epilogue);
    }

    /// <inheritdoc cref="Backends.IBackend.ConvBackward"/>
    public void ConvBackward(
        FeatureMap x,
        in ConvParameters w,
        FeatureMap dy,
        in ConvGradients d,
        FeatureMap dx,
        FeatureMap mask = default,
        FeatureMap accumulate = default)
    {
        ConvBackwardWeights(x, w, dy, d);
        ConvBackwardData(w, dy, dx, mask, accumulate);
    }

    private static void CheckSame(string name, FeatureMap operand, FeatureMap destination)
    {
        if (operand with { Offset = 0 } != destination with { Offset = 0 })
        {
            throw new ArgumentException($"{name} is {operand}, the result {destination}: expected equal shapes. Correct the plan.", name);
        }
    }

    private void Forward(FeatureMap x, in ConvParameters w, FeatureMap y, ConvEpilogue epilogue)
    {
        epilogue.Bias = context.Bias(w);
        Run(ConvGeometry.Forward(x, w, y, context.Kernels.TileColumns), w, epilogue);
    }

    private void Run(in ConvGeometry geometry, in ConvParameters w, in ConvEpilogue epilogue)
    {
        if (WinogradTiles.Applies(w, geometry.Destination, context.Kernels.TileRows))
        {
            RunWinograd(geometry, w, epilogue);
            return;
        }

        var columns = context.Kernels.TileColumns;
        var packer = new ConvPacker(geometry, w, columns, context.Weights(w));
        var key = new PackedKey(w.Storage, w.Weight, geometry.Backward ? PackedForm.BackwardData : PackedForm.Forward, columns);
        var length = ConvPacker.PackedLength(geometry, columns);
        var packed = context.Model.Packed.Get(key, length, context.Version(w), context.Pool, ref packer);
        var job = new ConvGemmJob(context, geometry, packed, epilogue);
        context.ReserveWorkspaces(job.WorkspaceLength);
        context.Pool.Run(job.Tasks, ref job);
    }

    private void RunWinograd(in ConvGeometry geometry, in ConvParameters w, in ConvEpilogue epilogue)
    {
        var (kernels, source, destination) = (context.Kernels, geometry.Source, geometry.Destination);
        var packer = new WinogradPacker(kernels, w, geometry.Backward, context.Weights(w));
        var form = geometry.Backward ? PackedForm.WinogradBackwardData : PackedForm.WinogradForward;
        var key = new PackedKey(w.Storage, w.Weight, form, kernels.TileColumns);
        var length = WinogradTiles.Cells * WinogradPacker.CellStride(source.Channels, destination.Channels, kernels.TileColumns);
        var filters = context.Model.Packed.Get(key, length, context.Version(w), context.Pool, ref packer);
        var padding = geometry.Backward ? 2 - w.Padding : w.Padding;
        var job = new WinogradJob(context, source, destination, padding, filters, epilogue);
        context.ReserveWorkspaces(job.WorkspaceLength);
        context.Pool.Run(job.Tasks, ref job);
    }

    private void WinogradBackwardWeights(FeatureMap x, in ConvParameters w, FeatureMap dy, in ConvGradients d)
    {
        var plan = new WinogradWeightGradientPlan(x, dy, w, context.Kernels);
        var shared = context.SharedWorkspace(plan.SharedLength);
        context.ReserveWorkspaces(WinogradGradientTransformJob.WorkspaceLength(plan));
        for (var chunk = 0; chunk < plan.Chunks; chunk++)
        {
            var transform = new WinogradGradientTransformJob(context, plan, shared, chunk);
            context.Pool.Run(transform.Tasks, ref transform);
            var multiply = new WinogradGradientMultiplyJob(context, plan, shared, chunk);
            context.Pool.Run(plan.MultiplyTasks, ref multiply);
        }

        if (d.Bias >= 0)
        {
            var bias = new WinogradGradientBiasJob(context, plan, shared);
            context.Pool.Run(plan.BiasTasks, ref bias);
        }

        var gradients = context.Model.Gradients.Pointer;
        var filter = new WinogradGradientFilterJob(
            context, plan, shared, gradients + d.Weight, d.Bias >= 0 ? gradients + d.Bias : null, d.Accumulate);
        context.Pool.Run(plan.Strips, ref filter);
    }
}
