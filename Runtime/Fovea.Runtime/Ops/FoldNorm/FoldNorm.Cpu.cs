using Fovea.CompilerServices;
using Fovea.Ops.FoldNorm;

namespace Fovea.Ops;

internal readonly unsafe partial struct CpuBackend
{
    /// <inheritdoc cref="IBackend.FoldBatchNorm"/>
    public void FoldBatchNorm(in ConvParameters w, in NormParameters norm, in ConvParameters folded)
    {
        var job = new BatchNormFoldJob(context, w, norm, folded);
        context.Pool.Run(w.OutChannels, ref job);
        context.Model.FoldedChanged();
    }

    /// <inheritdoc cref="IBackend.FoldBatchNormBackward"/>
    public void FoldBatchNormBackward(in ConvParameters w, in NormParameters norm, in ConvGradients d, in NormGradients dnorm)
    {
        var job = new BatchNormFoldBackwardJob(context, w, norm, d, dnorm);
        context.Pool.Run(w.OutChannels, ref job);
    }
}
