using System.Runtime.CompilerServices;
using Fovea.CompilerServices;

namespace Fovea.Onnx.Network;

/// <summary>Operators of training, and norms with a batch's statistics, which detection never calls.</summary>
internal readonly partial struct NetworkTracer
{
    /// <inheritdoc/>
    public void ConvBackwardWeights(PyramidMap x, in ConvParameters w, PyramidMap dy, in ConvGradients d) => Refuse();

    /// <inheritdoc/>
    public void ConvBackwardData(
        in ConvParameters w, PyramidMap dy, PyramidMap dx, PyramidMap mask = default, PyramidMap accumulate = default) => Refuse();

    /// <inheritdoc/>
    public void ConvBackward(
        PyramidMap x,
        in ConvParameters w,
        PyramidMap dy,
        in ConvGradients d,
        PyramidMap dx,
        PyramidMap mask = default,
        PyramidMap accumulate = default) => Refuse();

    /// <inheritdoc/>
    public void FoldBatchNormBackward(in ConvParameters w, in NormParameters norm, in ConvGradients d, in NormGradients dnorm) => Refuse();

    /// <inheritdoc/>
    public void BatchNorm(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y) => Refuse();

    /// <inheritdoc/>
    public void BatchNormRelu(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y) => Refuse();

    /// <inheritdoc/>
    public void BatchNormAddRelu(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap residual, FeatureMap y) => Refuse();

    /// <inheritdoc/>
    public void BatchNormBackward(
        FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap dy, in NormGradients d, FeatureMap dx) => Refuse();

    /// <inheritdoc/>
    public void BatchNormReluBackward(
        FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y, FeatureMap dy, in NormGradients d, FeatureMap dx) =>
        Refuse();

    /// <inheritdoc/>
    public void GroupNormBackward(
        PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap dy, in NormGradients d, PyramidMap dx) => Refuse();

    /// <inheritdoc/>
    public void GroupNormReluBackward(
        PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap y, PyramidMap dy, in NormGradients d, PyramidMap dx) =>
        Refuse();

    /// <inheritdoc/>
    public void ReluBackward(PyramidMap y, PyramidMap dy, PyramidMap dx, PyramidMap accumulate = default) => Refuse();

    /// <inheritdoc/>
    public void MaxPoolBackward(FeatureMap x, FeatureMap y, FeatureMap dy, FeatureMap dx) => Refuse();

    /// <inheritdoc/>
    public void UpsampleBackward(FeatureMap dy, FeatureMap dtop, FeatureMap accumulate = default) => Refuse();

    /// <inheritdoc/>
    public void MatchAnchors(AnchorMap anchors, GroundTruthMap truth, in MatchingRule rule, MatchMap matches) => Refuse();

    /// <inheritdoc/>
    public void FocalLoss(
        PyramidMap logits, MatchMap matches, GroundTruthMap truth, in FocalRule rule, LossTerm loss, PyramidMap dlogits) => Refuse();

    /// <inheritdoc/>
    public void FocalLossStar(
        PyramidMap logits, MatchMap matches, GroundTruthMap truth, in FocalStarRule rule, LossTerm loss, PyramidMap dlogits) => Refuse();

    /// <inheritdoc/>
    public void BoxLoss(
        PyramidMap deltas,
        AnchorMap anchors,
        MatchMap matches,
        GroundTruthMap truth,
        in BoxLossRule rule,
        LossTerm loss,
        PyramidMap ddeltas) => Refuse();

    /// <inheritdoc/>
    public void SelectHardExamples(
        PyramidMap logits,
        PyramidMap deltas,
        AnchorMap anchors,
        MatchMap matches,
        GroundTruthMap truth,
        in HardExampleRule rule,
        in BoxLossRule boxLoss,
        MatchMap selected) => Refuse();

    /// <inheritdoc/>
    public double GradientNorm(ParameterRange range)
    {
        Refuse();
        return 0;
    }

    /// <inheritdoc/>
    public void ScaleGradients(ParameterRange range, float factor) => Refuse();

    /// <inheritdoc/>
    public void AccumulateGradients(ParameterRange range, bool first) => Refuse();

    /// <inheritdoc/>
    public void MeanGradients(ParameterRange range, int batches) => Refuse();

    /// <inheritdoc/>
    public void SgdStep(ParameterRange range, in SgdRule rule) => Refuse();

    /// <inheritdoc/>
    public void AdamStep(ParameterRange range, in AdamRule rule) => Refuse();

    /// <inheritdoc/>
    public void AverageParameters(ParameterRange range, float rate) => Refuse();

    /// <inheritdoc/>
    public void AverageStatistics(ParameterRange range, float rate) => Refuse();

    private static void Refuse([CallerMemberName] string op = "") =>
        throw new NotSupportedException($"The operator {op} cannot be exported: expected those of detection.");
}
