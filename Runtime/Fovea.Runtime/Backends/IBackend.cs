using Fovea.Detection;
using Fovea.Tensors;
using Fovea.Training;

namespace Fovea.Backends;

/// <summary>
/// What generated code calls. Operands come in the order sources, parameters, destinations. All activations are NHWC.
/// Letters: N images, H×W cells, C channels, A anchors per cell, K classes, L levels; dv is the gradient of the loss with respect to v.
/// A destination never overlaps a source unless the member says so.
/// </summary>
public interface IBackend
{
    // ---- convolution ------------------------------------------------------------------------------------------------------------

    /// <summary>y = w·x + b.</summary>
    void Conv(FeatureMap x, in ConvParameters w, FeatureMap y);

    /// <summary>y = max(0, w·x + b).</summary>
    void ConvRelu(FeatureMap x, in ConvParameters w, FeatureMap y);

    /// <summary>y = w·x + b + residual; y may be residual.</summary>
    void ConvAdd(FeatureMap x, in ConvParameters w, FeatureMap residual, FeatureMap y);

    /// <summary>y = max(0, w·x + b + residual); y may be residual.</summary>
    void ConvAddRelu(FeatureMap x, in ConvParameters w, FeatureMap residual, FeatureMap y);

    /// <summary>y = w·x + b + nearest(top), where row i of y reads row ⌊i·Htop/H⌋ of top (the FPN's lateral convolution with the top-down path).</summary>
    void ConvUpsampleAdd(FeatureMap x, in ConvParameters w, FeatureMap top, FeatureMap y);

    /// <summary>dw = dyᵀ·x, db = Σ dy (either overwrites or accumulates, see <see cref="ConvGradients"/>).</summary>
    void ConvBackwardWeights(FeatureMap x, in ConvParameters w, FeatureMap dy, in ConvGradients d);

    /// <summary>dx = wᵀ·dy (+ accumulate); dx may be accumulate.</summary>
    void ConvBackwardData(in ConvParameters w, FeatureMap dy, FeatureMap dx, FeatureMap accumulate = default);

    /// <summary>dx = (wᵀ·dy (+ accumulate)) · [x &gt; 0]: x, the convolution's input, came out of a ReLU; dx may be accumulate.</summary>
    void ConvReluBackwardData(FeatureMap x, in ConvParameters w, FeatureMap dy, FeatureMap dx, FeatureMap accumulate = default);

    /// <summary><see cref="ConvBackwardWeights"/> and <see cref="ConvBackwardData"/> of one convolution.</summary>
    void ConvBackward(FeatureMap x, in ConvParameters w, FeatureMap dy, in ConvGradients d, FeatureMap dx, FeatureMap accumulate = default);

    /// <summary><see cref="ConvBackwardWeights"/> and <see cref="ConvReluBackwardData"/> of one convolution.</summary>
    void ConvReluBackward(FeatureMap x, in ConvParameters w, FeatureMap dy, in ConvGradients d, FeatureMap dx, FeatureMap accumulate = default);

    // ---- normalisation folded into weights (frozen or running statistics) ---------------------------------------------------------

    /// <summary>w' = w·s, b' = β − μ·s with s = γ/√(σ² + ε) per output channel. <paramref name="w"/> lies in the parameters, <paramref name="folded"/> in the folded buffer.</summary>
    void FoldBatchNorm(in ConvParameters w, in NormParameters norm, in ConvParameters folded);

    /// <summary>
    /// Turns dw' (which lies at <c>d.Weight</c>) into dw = dw'·s, in place, and, where <paramref name="dnorm"/> is given (its <c>Shift</c> already holds db'),
    /// writes dγ = Σ dw'·w/√(σ² + ε) − db'·μ/√(σ² + ε).
    /// <paramref name="dnorm"/> with <c>Scale</c> −1: γ and β are constants.
    /// </summary>
    void FoldBatchNormBackward(in ConvParameters w, in NormParameters norm, in ConvGradients d, in NormGradients dnorm);

    // ---- normalisation of activations ---------------------------------------------------------------------------------------------

    /// <summary>Batch normalisation with batch statistics: y = γ·x̂ + β; keeps mean and 1/√(σ² + ε) in stats and updates the running ones (unbiased variance). y may be x.</summary>
    void BatchNorm(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y);

    /// <summary>y = max(0, BatchNorm(x)).</summary>
    void BatchNormRelu(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y);

    /// <summary>y = max(0, BatchNorm(x) + residual); y may be residual.</summary>
    void BatchNormAddRelu(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap residual, FeatureMap y);

    /// <summary>dγ = Σ dy·x̂, dβ = Σ dy, dx = γ/σ·(dy − mean(dy) − x̂·mean(dy·x̂)); dx may be dy.</summary>
    void BatchNormBackward(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap dy, in NormGradients d, FeatureMap dx);

    /// <summary>As <see cref="BatchNormBackward"/> with dy·[y &gt; 0] in place of dy; dx may be dy.</summary>
    void BatchNormReluBackward(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y, FeatureMap dy, in NormGradients d, FeatureMap dx);

    /// <summary>Group normalisation over (H, W, C/groups) of each image; stats hold N·groups means and reciprocal deviations.</summary>
    void GroupNorm(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y);

    /// <summary>y = max(0, GroupNorm(x)).</summary>
    void GroupNormRelu(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y);

    /// <summary>y = max(0, GroupNorm(x) + residual); y may be residual.</summary>
    void GroupNormAddRelu(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap residual, FeatureMap y);

    /// <summary>Gradients of <see cref="GroupNorm"/>; dx may be dy.</summary>
    void GroupNormBackward(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap dy, in NormGradients d, FeatureMap dx);

    /// <summary>As <see cref="GroupNormBackward"/> with dy·[y &gt; 0] in place of dy; dx may be dy.</summary>
    void GroupNormReluBackward(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y, FeatureMap dy, in NormGradients d, FeatureMap dx);

    // ---- pointwise and spatial ------------------------------------------------------------------------------------------------------

    /// <summary>y = max(0, x); y may be x.</summary>
    void Relu(FeatureMap x, FeatureMap y);

    /// <summary>dx = dy·[y &gt; 0] (+ accumulate); dx may be dy or accumulate.</summary>
    void ReluBackward(FeatureMap y, FeatureMap dy, FeatureMap dx, FeatureMap accumulate = default);

    /// <summary>y = a + b; y may be either.</summary>
    void Add(FeatureMap a, FeatureMap b, FeatureMap y);

    /// <summary>3×3 maximum, stride 2, padding 1 (−∞ outside).</summary>
    void MaxPool(FeatureMap x, FeatureMap y);

    /// <summary>dx: each dy goes to the first maximum (row by row) of its window of x.</summary>
    void MaxPoolBackward(FeatureMap x, FeatureMap y, FeatureMap dy, FeatureMap dx);

    /// <summary>dtop = Σ of the cells of dy that nearest upsampling read from it (+ accumulate); dtop may be accumulate.</summary>
    void UpsampleBackward(FeatureMap dy, FeatureMap dtop, FeatureMap accumulate = default);

    // ---- anchors, matching, losses --------------------------------------------------------------------------------------------------

    /// <summary>Writes the anchors of one level for a canvas of the given size (pixels). Done once for each session.</summary>
    void GenerateAnchors(in AnchorLevel level, int canvasHeight, int canvasWidth, AnchorMap anchors);

    /// <summary>Matches the anchors of all levels with each image's ground truth and fills the images' loss weights.</summary>
    void MatchAnchors(ReadOnlySpan<AnchorMap> anchors, GroundTruthMap truth, in MatchingRule rule, ReadOnlySpan<MatchMap> matches);

    /// <summary>
    /// Sigmoid focal loss of one level (α &lt; 0: unbalanced; γ = 0: cross-entropy) and its gradient. Logits and dlogits are [N, H, W, A·K]; anchors that are ignored have gradient 0.
    /// </summary>
    void FocalLoss(FeatureMap logits, MatchMap matches, GroundTruthMap truth, in FocalRule rule, LossTerm loss, FeatureMap dlogits);

    /// <summary>Box regression loss of one level over foreground anchors and its gradient. Deltas and ddeltas are [N, H, W, A·4].</summary>
    void BoxLoss(FeatureMap deltas, AnchorMap anchors, MatchMap matches, GroundTruthMap truth, in BoxLossRule rule, LossTerm loss, FeatureMap ddeltas);

    // ---- detection ------------------------------------------------------------------------------------------------------------------

    /// <summary>Empties the candidates of all images.</summary>
    void ClearCandidates(CandidateMap candidates);

    /// <summary>Appends one level's best candidates: sigmoid, score &gt; threshold, the first top-k by score, decoded, clipped to the image.</summary>
    void SelectCandidates(FeatureMap logits, FeatureMap deltas, AnchorMap anchors, in PostProcessingRule rule, CandidateMap candidates);

    /// <summary>Per-class non-maximum suppression over all levels; the best remain, best first.</summary>
    void SuppressNonMaxima(CandidateMap candidates, in PostProcessingRule rule, DetectionMap detections);

    // ---- optimiser ------------------------------------------------------------------------------------------------------------------

    /// <summary>√Σ g² over the gradient buffer's run, accumulated in double with a fixed tree.</summary>
    double GradientNorm(ParameterRange range);

    /// <summary>g ← g·factor.</summary>
    void ScaleGradients(ParameterRange range, float factor);

    /// <summary>One step of stochastic gradient descent (torch.optim.SGD).</summary>
    void SgdStep(ParameterRange range, in SgdRule rule);

    /// <summary>One step of Adam, AdamW or AMSGrad (torch.optim.Adam, AdamW).</summary>
    void AdamStep(ParameterRange range, in AdamRule rule);

    // ---- memory and observation -------------------------------------------------------------------------------------------------------

    /// <summary>Copies host values into a map, in the backend's own type.</summary>
    void Write(FeatureMap map, ReadOnlySpan<float> source);

    /// <summary>Copies a map's values to the host.</summary>
    void Read(FeatureMap map, Span<float> destination);

    /// <summary>Copies host numbers into a record of the arena.</summary>
    void Write(long offset, ReadOnlySpan<float> source);

    /// <summary>Copies host integers into a record of the arena (one element each).</summary>
    void Write(long offset, ReadOnlySpan<int> source);

    /// <summary>Copies a record of the arena to the host.</summary>
    void Read(long offset, Span<float> destination);

    /// <summary>Copies integers of a record of the arena to the host.</summary>
    void Read(long offset, Span<int> destination);

    /// <summary>Marks a value that the session's taps may observe, at the moment when it is complete.</summary>
    void Tap(string layer, FeatureMap value);
}
