using Fovea.Detection;
using Fovea.Tensors;
using Fovea.Training;

namespace Fovea.Backends;

public partial interface IBackend
{
    /// <summary>Empties the candidates of all images.</summary>
    void ClearCandidates(CandidateMap candidates);

    /// <summary>Appends one level's best candidates: sigmoid, score &gt; threshold, the first top-k by score, decoded, clipped to the image.</summary>
    void SelectCandidates(FeatureMap logits, FeatureMap deltas, AnchorMap anchors, in PostProcessingRule rule, CandidateMap candidates);

    /// <summary>Per-class non-maximum suppression over all levels; the best remain, best first.</summary>
    void SuppressNonMaxima(CandidateMap candidates, in PostProcessingRule rule, DetectionMap detections);
}
