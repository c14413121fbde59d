using Fovea.Backends;
using Fovea.Detection;
using Fovea.Tensors;
using Fovea.Training;

namespace Fovea.Cpu;

/// <summary>Operators that the CPU does not have yet, so that everything above it can be built. A line goes when its operator comes.</summary>
internal readonly unsafe partial struct CpuBackend : IBackend
{
    void IBackend.Conv(FeatureMap x, in ConvParameters w, FeatureMap y) => throw Missing();

    void IBackend.ConvRelu(FeatureMap x, in ConvParameters w, FeatureMap y) => throw Missing();

    void IBackend.ConvAdd(FeatureMap x, in ConvParameters w, FeatureMap residual, FeatureMap y) => throw Missing();

    void IBackend.ConvAddRelu(FeatureMap x, in ConvParameters w, FeatureMap residual, FeatureMap y) => throw Missing();

    void IBackend.ConvUpsampleAdd(FeatureMap x, in ConvParameters w, FeatureMap top, FeatureMap y) => throw Missing();

    void IBackend.ConvBackwardWeights(FeatureMap x, in ConvParameters w, FeatureMap dy, in ConvGradients d) => throw Missing();

    void IBackend.ConvBackwardData(in ConvParameters w, FeatureMap dy, FeatureMap dx, FeatureMap accumulate) => throw Missing();

    void IBackend.ConvReluBackwardData(FeatureMap x, in ConvParameters w, FeatureMap dy, FeatureMap dx, FeatureMap accumulate) => throw Missing();

    void IBackend.ConvBackward(FeatureMap x, in ConvParameters w, FeatureMap dy, in ConvGradients d, FeatureMap dx, FeatureMap accumulate) => throw Missing();

    void IBackend.ConvReluBackward(FeatureMap x, in ConvParameters w, FeatureMap dy, in ConvGradients d, FeatureMap dx, FeatureMap accumulate) => throw Missing();

    void IBackend.FoldBatchNorm(in ConvParameters w, in NormParameters norm, in ConvParameters folded) => throw Missing();

    void IBackend.FoldBatchNormBackward(in ConvParameters w, in NormParameters norm, in ConvGradients d, in NormGradients dnorm) => throw Missing();

    private static NotSupportedException Missing() => new("The CPU backend does not have this operator yet.");
}
