using Fovea.Detection;

namespace Fovea.Ops.PostProcessing;

/// <summary>From one image's logits and deltas to its detections, plainly: what the backends are tested against.</summary>
/// <remarks>Source: torchvision/models/detection/retinanet.py (0.14), postprocess_detections.</remarks>
internal static class PostProcessingReference
{
    /// <summary>One level's candidates.</summary>
    /// <param name="logits"><c>[anchors, K]</c>.</param>
    /// <param name="deltas"><c>[anchors]</c>.</param>
    /// <param name="anchors"><c>[anchors]</c>.</param>
    /// <param name="rule">Thresholds and limits.</param>
    /// <param name="height">Of the unpadded image, in pixels.</param>
    /// <param name="width">Of the unpadded image, in pixels.</param>
    public static List<RawDetection> Select(
        ReadOnlySpan<float> logits, ReadOnlySpan<BoxDeltas> deltas, ReadOnlySpan<Box> anchors, in PostProcessingRule rule, float height,
        float width)
    {
        var passing = new List<(float Score, int Index)>();
        for (var i = 0; i < logits.Length; i++)
        {
            var score = 1 / (1 + MathF.Exp(-logits[i]));
            if (score > rule.ScoreThreshold)
            {
                passing.Add((score, i));
            }
        }

        var result = new List<RawDetection>();
        foreach (var (score, index) in passing.OrderByDescending(p => p.Score).ThenBy(p => p.Index).Take(rule.TopK))
        {
            var anchor = index / rule.Classes;
            var box = BoxCoder.Decode(deltas[anchor], anchors[anchor]).Clip(width, height);
            result.Add(new RawDetection(index % rule.Classes, score, box));
        }

        return result;
    }

    /// <summary>The detections that remain of all levels' candidates, best first.</summary>
    public static List<RawDetection> Suppress(IReadOnlyList<RawDetection> candidates, in PostProcessingRule rule)
    {
        var kept = NonMaximumSuppression.Suppress(
            candidates.Select(c => c.Box).ToArray(),
            candidates.Select(c => c.Score).ToArray(),
            candidates.Select(c => c.Channel).ToArray(),
            ScoreOrder.Meant(rule.NmsIoU));
        return [.. kept.Take(rule.MaxDetections).Select(i => candidates[i])];
    }
}
