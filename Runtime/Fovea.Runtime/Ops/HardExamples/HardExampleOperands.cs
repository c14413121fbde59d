using Fovea.CompilerServices;
using Fovea.Ops.Matching;

namespace Fovea.Ops.HardExamples;

/// <summary>What the operands of mining must have in common.</summary>
internal static class HardExampleOperands
{
    /// <summary>Fails where operands are of other anchors or images, or a number of the rule is out of its range.</summary>
    public static void Check(
        PyramidMap logits, PyramidMap deltas, AnchorMap anchors, MatchMap matches, GroundTruthMap truth, in HardExampleRule rule,
        MatchMap selected)
    {
        MatchingOperands.CheckLevels(anchors, truth, matches);
        MatchingOperands.CheckLevels(anchors, truth, selected);
        AnchorRows.Require(logits, anchors, truth.Images, rule.Classes, nameof(logits));
        AnchorRows.Require(deltas, anchors, truth.Images, 4, nameof(deltas));
        if (rule.BatchSize < 1 || rule.PositiveRatio < 0 || !(rule.NmsIoU > 0))
        {
            throw new ArgumentException(
                $"{rule}: expected BatchSize of at least 1, NmsIoU above 0 and PositiveRatio of at least 0.", nameof(rule));
        }
    }
}
