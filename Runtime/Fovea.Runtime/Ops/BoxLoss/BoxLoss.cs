namespace Fovea.CompilerServices;

public partial interface IBackend
{
    /// <summary>Box regression loss of each level over foreground anchors and its gradient. Deltas and ddeltas are [N, H, W, A·4].</summary>
    void BoxLoss(
        PyramidMap deltas, AnchorMap anchors, MatchMap matches, GroundTruthMap truth, in BoxLossRule rule, LossTerm loss, PyramidMap ddeltas);
}
