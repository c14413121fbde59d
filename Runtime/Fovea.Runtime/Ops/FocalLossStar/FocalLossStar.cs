namespace Fovea.CompilerServices;

public partial interface IBackend
{
    /// <summary>
    /// FL* of each level, −log σ(γ·x_t + β) / γ with x_t = ±x, and its gradient. Logits and dlogits are [N, H, W, A·K]; anchors that are
    /// ignored have gradient 0.
    /// </summary>
    void FocalLossStar(
        PyramidMap logits, MatchMap matches, GroundTruthMap truth, in FocalStarRule rule, LossTerm loss, PyramidMap dlogits);
}
