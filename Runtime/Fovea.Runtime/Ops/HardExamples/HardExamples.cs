namespace Fovea.CompilerServices;

public partial interface IBackend
{
    /// <summary>
    /// Online hard example mining: of each image's anchors those of greatest loss, none of which overlaps another by more than the rule
    /// allows. They keep their match in <paramref name="selected"/>, all others are ignored there, and the images' loss weights become
    /// 1 / (N · max(1, selected foreground)). An anchor's loss is Σ over classes of the unweighted cross-entropy of its logits
    /// [N, H, W, A·K] and, where it is foreground, the box loss of its deltas [N, H, W, A·4]; ignored anchors take no part.
    /// </summary>
    /// <remarks>
    /// The anchors must be as <see cref="GenerateAnchors"/> makes them, the same few boxes at every cell of a level: that is how an anchor's
    /// neighbours are found. <paramref name="selected"/> may lie where <paramref name="matches"/> does. The counts of foreground anchors
    /// stay those of matching.
    /// </remarks>
    void SelectHardExamples(
        PyramidMap logits, PyramidMap deltas, AnchorMap anchors, MatchMap matches, GroundTruthMap truth, in HardExampleRule rule,
        in BoxLossRule boxLoss, MatchMap selected);
}
