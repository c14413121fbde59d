using Fovea.CompilerServices;

namespace Fovea.Ops.Matching;

/// <summary>What the operands of matching must have in common.</summary>
internal static class MatchingOperands
{
    /// <summary>Fails where anchors and matches differ in their levels, or the rule lacks its place in the statistics.</summary>
    public static void Check(AnchorMap anchors, GroundTruthMap truth, in MatchingRule rule, MatchMap matches)
    {
        CheckLevels(anchors, truth, matches);
        if (rule.Normalizer == LossNormalizer.RunningForeground && rule.NormalizerState < 0)
        {
            throw new ArgumentException(
                "A running normaliser needs its element of the statistics buffer: MatchingRule.NormalizerState is −1.", nameof(rule));
        }
    }

    /// <summary>Fails where anchors and matches differ in their levels, or matches and truth in their images.</summary>
    public static void CheckLevels(AnchorMap anchors, GroundTruthMap truth, MatchMap matches)
    {
        if (matches with { Offset = 0 } != new MatchMap(0, truth.Images, anchors.Height, anchors.Width, anchors.PerCell, anchors.Levels))
        {
            throw new ArgumentException($"Matches are {matches}, expected those of {truth.Images} images for {anchors}.", nameof(matches));
        }
    }
}
