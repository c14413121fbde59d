namespace Fovea.CompilerServices;

public partial interface IBackend
{
    /// <summary>
    /// The best candidates of each level, the finest first: sigmoid, score &gt; threshold, the first top-k by score, decoded, clipped to the
    /// image. What the candidates held is forgotten.
    /// </summary>
    void SelectCandidates(PyramidMap logits, PyramidMap deltas, AnchorMap anchors, in PostProcessingRule rule, CandidateMap candidates);

    /// <summary>Per-class non-maximum suppression over all levels; the best remain, best first.</summary>
    void SuppressNonMaxima(CandidateMap candidates, in PostProcessingRule rule, DetectionMap detections);
}
