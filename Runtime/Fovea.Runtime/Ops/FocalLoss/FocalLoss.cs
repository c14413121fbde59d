namespace Fovea.CompilerServices;

public partial interface IBackend
{
    /// <summary>
    /// Sigmoid focal loss of each level (α &lt; 0: unbalanced; γ = 0: cross-entropy) and its gradient. Logits and dlogits are [N, H, W, A·K];
    /// anchors that are ignored have gradient 0.
    /// </summary>
    void FocalLoss(PyramidMap logits, MatchMap matches, GroundTruthMap truth, in FocalRule rule, LossTerm loss, PyramidMap dlogits);
}
