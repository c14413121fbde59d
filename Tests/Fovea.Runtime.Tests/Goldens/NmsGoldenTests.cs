using Fovea.CompilerServices;
using Fovea.Detection;
using Fovea.Tests.Detection;

namespace Fovea.Tests.Goldens;

[Collection(GoldenReport.Collection)]
[Trait("Needs", "Goldens")]
public class NmsGoldenTests
{
    [SkippableTheory]
    [GoldenData(GoldenKinds.Nms)]
    public void Kept_boxes_equal_torchvisions(GoldenEntry entry)
    {
        entry.Require();
        var t = entry.Tensors();
        var thresholds = entry.Params.GetProperty("cases").EnumerateArray()
            .ToDictionary(c => c.GetProperty("name").GetString()!, c => c.GetProperty("iou_threshold").GetDouble());
        foreach (var name in t.Keys.Where(k => k.EndsWith(".keep", StringComparison.Ordinal)).Select(k => k[..^5]))
        {
            var boxes = GoldenDetection.Boxes(t[$"{name}.boxes"]);
            var scores = t[$"{name}.scores"].F32;
            var classes = t.TryGetValue($"{name}.idxs", out var idxs) ? idxs.I64.Select(v => (int)v).ToArray() : [];
            var expected = t[$"{name}.keep"].I64.Select(v => (int)v).ToArray();

            // nms_empty has no case: any threshold keeps nothing of nothing.
            var threshold = thresholds.GetValueOrDefault(name, 0.5);
            var kept = NonMaximumSuppression.Suppress(boxes, scores, classes, threshold);
            GoldenAssert.Exact<int>(entry, $"{name}.keep", expected, kept);
            if (t.TryGetValue($"{name}.keep_torchvision_order", out var unordered))
            {
                // torchvision's own order is arbitrary among equal scores: the same boxes, and scores that fall.
                GoldenAssert.Exact<int>(entry, unordered.Name, [.. unordered.I64.Select(v => (int)v).Order()], [.. kept.Order()]);
                GoldenAssert.Exact<float>(
                    entry, unordered.Name + " (scores)", [.. unordered.I64.Select(v => scores[v])], [.. kept.Select(k => scores[k])]);
            }

            CheckBackend(entry, name, boxes, scores, classes, threshold, expected);
        }
    }

    private static void CheckBackend(
        GoldenEntry entry, string name, Box[] boxes, float[] scores, int[] classes, double threshold, int[] expected)
    {
        using var arena = new CpuArena();
        var candidates = arena.Candidates(Math.Max(1, boxes.Length), [(1000, 1000)]);
        var rule = new PostProcessingRule(
            classes.Length == 0 ? 1 : classes.Max() + 1, NmsIoU: (float)threshold, MaxDetections: boxes.Length);
        var detections = arena.Detections(1, Math.Max(1, boxes.Length));
        arena.Context.Write(candidates.Boxes, GoldenDetection.Flat(boxes));
        arena.Context.Write(candidates.Scores, scores);
        arena.Context.Write(candidates.Classes, classes.Length == 0 ? new int[boxes.Length] : classes);
        arena.Context.Write(candidates.Counts, [boxes.Length]);
        arena.Backend.SuppressNonMaxima(candidates, rule, detections);
        var actual = arena.Read(detections, 0);
        GoldenAssert.Exact<Box>(entry, $"{name}.keep (backend)", [.. expected.Select(i => boxes[i])], [.. actual.Select(d => d.Box)]);
        Assert.Equal(expected.Select(i => scores[i]), actual.Select(d => d.Score));
        Assert.Equal(expected.Select(i => classes.Length == 0 ? 0 : classes[i]), actual.Select(d => d.Channel));
    }
}
