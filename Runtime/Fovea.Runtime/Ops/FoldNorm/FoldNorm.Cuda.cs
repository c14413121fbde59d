using Fovea.CompilerServices;
using Fovea.Cuda;

namespace Fovea.Ops;

/// <content>Normalisations with fixed statistics, folded into weights; the kernels are in fold.cu.</content>
internal readonly partial struct CudaBackend
{
    /// <inheritdoc cref="IBackend.FoldBatchNorm"/>
    public void FoldBatchNorm(in ConvParameters w, in NormParameters norm, in ConvParameters folded)
    {
        var model = context.Model;
        using var operation = context.Enter(OperationKind.Aside, [], [context.Range(folded)]);
        context.Kernels.FoldBatchNorm.Launch(
            context.Shape(w.OutChannels, SmallThreads),
            CudaContext.Offset(model.Parameters, w.Weight),
            context.Bias(w),
            CudaContext.Offset(model.Parameters, norm.Scale),
            CudaContext.Offset(model.Parameters, norm.Shift),
            CudaContext.Offset(model.Statistics, norm.Mean),
            CudaContext.Offset(model.Statistics, norm.Variance),
            CudaContext.Offset(model.Folded, folded.Weight),
            model.IsNarrow ? context.Weights(folded) : default,
            context.Bias(folded),
            model.IsNarrow ? context.BiasValues(folded) : default,
            w.WeightLength / w.OutChannels,
            norm.Epsilon);
    }

    /// <inheritdoc cref="IBackend.FoldBatchNormBackward"/>
    public void FoldBatchNormBackward(in ConvParameters w, in NormParameters norm, in ConvGradients d, in NormGradients dnorm)
    {
        var model = context.Model;
        var constant = dnorm.Scale < 0;
        using var operation = context.Enter(
            OperationKind.Aside, [context.Gradients(dnorm.Shift, w.OutChannels)],
            [context.Gradients(d.Weight, w.WeightLength), context.Gradients(dnorm.Scale, w.OutChannels)]);
        context.Kernels.FoldBatchNormBackward.Launch(
            context.Shape(w.OutChannels, SmallThreads),
            CudaContext.Offset(model.Parameters, w.Weight),
            context.Bias(w),
            CudaContext.Offset(model.Parameters, norm.Scale),
            CudaContext.Offset(model.Statistics, norm.Mean),
            CudaContext.Offset(model.Statistics, norm.Variance),
            CudaContext.Offset(model.Gradients, d.Weight),
            constant ? default : CudaContext.Offset(model.Gradients, dnorm.Shift),
            constant ? default : CudaContext.Offset(model.Gradients, dnorm.Scale),
            w.WeightLength / w.OutChannels,
            norm.Epsilon,
            dnorm.Accumulate ? 1 : 0);
    }
}
