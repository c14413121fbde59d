namespace Fovea.CompilerServices;

public partial interface IBackend
{
    /// <summary>
    /// Matches the anchors of all levels with each image's ground truth and fills the images' loss weights. A truth whose class is below 0
    /// is a region in which there may be objects that nobody marked (COCO's iscrowd): nothing is matched with it, and an anchor of which it
    /// covers the share <see cref="MatchingRule.BackgroundIoU"/> or more is not background but ignored.
    /// </summary>
    void MatchAnchors(AnchorMap anchors, GroundTruthMap truth, in MatchingRule rule, MatchMap matches);
}
