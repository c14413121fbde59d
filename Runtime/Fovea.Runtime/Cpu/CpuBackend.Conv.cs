using Fovea.Ops.Conv;
using Fovea.Tensors;

namespace Fovea.Cpu;

/// <content>Convolutions and the folding of normalisation into them. Contract and reference: <c>Ops/Conv</c>.</content>
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
    public void ConvBackwardData(in ConvParameters w, FeatureMap dy, FeatureMap dx, FeatureMap accumulate = default) =>
        BackwardData(w, dy, dx, accumulate, null);

    /// <inheritdoc cref="Backends.IBackend.ConvReluBackwardData"/>
    public void ConvReluBackwardData(FeatureMap x, in ConvParameters w, FeatureMap dy, FeatureMap dx, FeatureMap accumulate = default)
    {
        CheckSame(nameof(x), x, dx);
        BackwardData(w, dy, dx, accumulate, context.Pointer(x));
    }

    /// <inheritdoc cref="Backends.IBackend.ConvBackward"/>
    public void ConvBackward(FeatureMap x, in ConvParameters w, FeatureMap dy, in ConvGradients d, FeatureMap dx, FeatureMap accumulate = default)
    {
        ConvBackwardWeights(x, w, dy, d);
        ConvBackwardData(w, dy, dx, accumulate);
    }

    /// <inheritdoc cref="Backends.IBackend.ConvReluBackward"/>
    public void ConvReluBackward(FeatureMap x, in ConvParameters w, FeatureMap dy, in ConvGradients d, FeatureMap dx, FeatureMap accumulate = default)
    {
        ConvBackwardWeights(x, w, dy, d);
        ConvReluBackwardData(x, w, dy, dx, accumulate);
    }

    /// <inheritdoc cref="Backends.IBackend.FoldBatchNorm"/>
    public void FoldBatchNorm(in ConvParameters w, in NormParameters norm, in ConvParameters folded)
    {
        var job = new BatchNormFoldJob(context, w, norm, folded);
        context.Pool.Run(w.OutChannels, ref job);
        context.Model.FoldedChanged();
    }

    /// <inheritdoc cref="Backends.IBackend.FoldBatchNormBackward"/>
    public void FoldBatchNormBackward(in ConvParameters w, in NormParameters norm, in ConvGradients d, in NormGradients dnorm)
    {
        var job = new BatchNormFoldBackwardJob(context, w, norm, d, dnorm);
        context.Pool.Run(w.OutChannels, ref job);
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

    private void BackwardData(in ConvParameters w, FeatureMap dy, FeatureMap dx, FeatureMap accumulate, float* mask)
    {
        var epilogue = new ConvEpilogue { Mask = mask };
        if (!accumulate.IsEmpty)
        {
            CheckSame(nameof(accumulate), accumulate, dx);
            epilogue.SetAdd(accumulate, context.Pointer(accumulate));
        }

        Run(ConvGeometry.BackwardData(dy, w, dx, context.Kernels.TileColumns), w, epilogue);
    }

    private void Run(in ConvGeometry geometry, in ConvParameters w, in ConvEpilogue epilogue)
    {
        var columns = context.Kernels.TileColumns;
        var packer = new ConvPacker(geometry, w, columns, context.Weights(w));
        var key = new PackedKey(w.Storage, w.Weight, geometry.Backward ? PackedForm.BackwardData : PackedForm.Forward, columns);
        var packed = context.Model.Packed.Get(key, ConvPacker.PackedLength(geometry, columns), context.Version(w), context.Pool, ref packer);
        var job = new ConvGemmJob(context, geometry, packed, epilogue);
        context.ReserveWorkspaces(job.WorkspaceLength);
        context.Pool.Run(job.Tasks, ref job);
    }
}
