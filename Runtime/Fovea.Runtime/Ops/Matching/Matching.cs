namespace Fovea.CompilerServices;

public partial interface IBackend
{
    /// <summary>Matches the anchors of all levels with each image's ground truth and fills the images' loss weights.</summary>
    void MatchAnchors(AnchorMap anchors, GroundTruthMap truth, in MatchingRule rule, MatchMap matches);
}
