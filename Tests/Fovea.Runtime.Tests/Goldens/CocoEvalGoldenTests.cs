using System.Text.Json;
using Fovea.Evaluation;

namespace Fovea.Tests.Goldens;

[Collection(GoldenReport.Collection)]
[Trait("Needs", "Goldens")]
public class CocoEvalGoldenTests
{
    private const double Tolerance = 1e-12;

    private static readonly string[] Numbers =
        ["AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "AR_1", "AR_10", "AR_100", "AR_small", "AR_medium", "AR_large"];

    [SkippableTheory]
    [GoldenData(GoldenKinds.CocoEval)]
    public void Evaluation_equals_pycocotools(GoldenEntry entry)
    {
        entry.Require();
        using var truth = entry.Json("_gt");
        using var found = entry.Json("_dt");
        using var expected = entry.Json("_expected");
        var result = Evaluate(truth.RootElement, found.RootElement);
        var e = expected.RootElement;
        CheckParameters(entry, e);
        Check(entry, "stats_array", Doubles(e.GetProperty("stats_array")), result.Summary.ToArray());
        Check(entry, "stats", Numbers.Select(n => e.GetProperty("stats").GetProperty(n).GetDouble()).ToArray(), result.Summary.ToArray());
        GoldenAssert.Exact<string>(
            entry, "summary_text",
            [.. e.GetProperty("summary_text").EnumerateArray().Select(l => l.GetString()!)], result.ToPycocotoolsText().Split('\n'));
        GoldenAssert.Exact<long>(entry, "category_ids", Longs(e.GetProperty("category_ids")), [.. result.Classes.Select(c => c.Category)]);
        GoldenAssert.Exact<int>(entry, "image_ids", [e.GetProperty("image_ids").GetArrayLength()], [result.Images]);
        foreach (var c in e.GetProperty("per_class").EnumerateArray())
        {
            var actual = result.Classes.Single(r => r.Category == c.GetProperty("category_id").GetInt64());
            Check(
                entry, $"per_class {actual.Category}", Numbers.Select(n => c.GetProperty(n).GetDouble()).ToArray(),
                actual.Summary.ToArray());
            GoldenAssert.Exact<int>(
                entry,
                $"per_class {actual.Category} counts",
                [c.GetProperty("num_gt_noncrowd").GetInt32(), c.GetProperty("num_dt").GetInt32()],
                [actual.Truths, actual.Detections]);
        }

        var arrays = entry.Tensors("_arrays");
        Check(entry, "precision", arrays["precision"].F64, result.Precision);
        Check(entry, "recall", arrays["recall"].F64, result.Recall);
        Check(entry, "scores", arrays["scores"].F64, result.Scores);
        Assert.Equal(3, arrays.Count);
    }

    [SkippableTheory]
    [GoldenData(GoldenKinds.CocoEval)]
    public void Matches_in_each_image_equal_pycocotools(GoldenEntry entry)
    {
        entry.Require();
        using var truth = entry.Json("_gt");
        using var found = entry.Json("_dt");
        using var expected = entry.Json("_evalimgs");
        var matcher = new CocoImageMatcher();
        foreach (var e in expected.RootElement.EnumerateArray())
        {
            var image = e.GetProperty("image_id").GetInt64();
            var category = e.GetProperty("category_id").GetInt64();
            var truths = truth.RootElement.GetProperty("annotations").EnumerateArray().Where(a => Is(a, image, category)).ToArray();
            var detections = found.RootElement.EnumerateArray().Select((d, i) => (Entry: d, Id: i + 1L))
                .Where(d => Is(d.Entry, image, category))
                .OrderByDescending(d => d.Entry.GetProperty("score").GetDouble()).Take(CocoParameters.MaxDetections[^1]).ToArray();
            matcher.Load([.. truths.Select(Truth)], [.. detections.Select(d => Candidate(d.Entry))]);
            var area = CocoParameters.AreaRanges.Single(r => r.Name == e.GetProperty("area").GetString());
            matcher.Match(area);
            var name = $"evalimgs {area.Name} image {image} category {category}";
            var ids = truths.Select(t => t.GetProperty("id").GetInt64()).ToArray();
            GoldenAssert.Exact<long>(entry, $"{name} dtIds", Longs(e.GetProperty("dtIds")), [.. detections.Select(d => d.Id)]);
            GoldenAssert.Exact<long>(
                entry, $"{name} gtIds", Longs(e.GetProperty("gtIds")), [.. matcher.Order.ToArray().Select(g => ids[g])]);
            GoldenAssert.Exact<long>(
                entry, $"{name} gtIgnore", Longs(e.GetProperty("gtIgnore")), [.. matcher.TruthIgnored.ToArray().Select(v => v ? 1L : 0)]);
            CheckMatches(entry, $"{name} dtMatches_iou50", e.GetProperty("dtMatches_iou50"), matcher, 0, detections.Length, ids);
            CheckMatches(entry, $"{name} dtMatches_iou75", e.GetProperty("dtMatches_iou75"), matcher, 5, detections.Length, ids);
            GoldenAssert.Exact<long>(
                entry, $"{name} dtIgnore_iou50", Longs(e.GetProperty("dtIgnore_iou50")),
                [.. matcher.DetectionIgnored.Take(detections.Length).Select(v => v & 1L)]);
        }
    }

    private static void CheckMatches(
        GoldenEntry entry, string name, JsonElement expected, CocoImageMatcher matcher, int threshold, int detections, long[] ids)
    {
        var matches = matcher.MatchOf.AsSpan(threshold * detections, detections).ToArray();
        GoldenAssert.Exact<long>(entry, name, Longs(expected), [.. matches.Select(g => g < 0 ? 0 : ids[g])]);
        Assert.Equal(matches.Select(g => g >= 0), matcher.Matched.Take(detections).Select(m => (m >> threshold & 1) != 0));
    }

    private static void CheckParameters(GoldenEntry entry, JsonElement e)
    {
        GoldenAssert.Exact<double>(entry, "iouThrs", Doubles(e.GetProperty("iouThrs")), [.. CocoParameters.IoUThresholds]);
        GoldenAssert.Exact<double>(
            entry, "maxDets", Doubles(e.GetProperty("maxDets")), [.. CocoParameters.MaxDetections.Select(m => (double)m)]);
        GoldenAssert.Exact<double>(
            entry,
            "areaRng",
            [.. e.GetProperty("areaRng").EnumerateArray().SelectMany(Doubles)],
            [.. CocoParameters.AreaRanges.SelectMany(r => new[] { r.Minimum, r.Maximum })]);
    }

    private static void Check(GoldenEntry entry, string name, double[] expected, ReadOnlySpan<double> actual)
    {
        Assert.True(expected.Length == actual.Length, $"{entry.Id} {name}: expected {expected.Length} elements, got {actual.Length}.");
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(
                Math.Abs(expected[i] - actual[i]) <= Tolerance,
                $"{entry.Id}  {name}  [{i}]  expected {expected[i]:R}  actual {actual[i]:R}  tolerance {Tolerance}");
        }

        GoldenReport.Checked(entry, name);
    }

    private static CocoResult Evaluate(JsonElement truth, JsonElement found)
    {
        var evaluator = new CocoEvaluator(truth.GetProperty("categories").EnumerateArray()
            .Select(c => KeyValuePair.Create(c.GetProperty("id").GetInt64(), c.GetProperty("name").GetString()!)));
        foreach (var image in truth.GetProperty("images").EnumerateArray())
        {
            evaluator.AddImage(image.GetProperty("id").GetInt64());
        }

        foreach (var t in truth.GetProperty("annotations").EnumerateArray().Select(Truth))
        {
            evaluator.AddGroundTruth(t.Image, t.Category, t.Box, t.Area, t.IsCrowd);
        }

        foreach (var d in found.EnumerateArray().Select(Candidate))
        {
            evaluator.AddDetection(d.Image, d.Category, d.Box, d.Score);
        }

        return evaluator.Evaluate();
    }

    private static bool Is(JsonElement e, long image, long category) =>
        e.GetProperty("image_id").GetInt64() == image && e.GetProperty("category_id").GetInt64() == category;

    private static CocoTruth Truth(JsonElement a) => new(
        a.GetProperty("image_id").GetInt64(), a.GetProperty("category_id").GetInt64(), ReadBox(a), a.GetProperty("area").GetDouble(),
        a.GetProperty("iscrowd").GetInt32() != 0);

    private static CocoCandidate Candidate(JsonElement d) =>
        new(d.GetProperty("image_id").GetInt64(), d.GetProperty("category_id").GetInt64(), ReadBox(d), d.GetProperty("score").GetDouble());

    private static CocoBox ReadBox(JsonElement e)
    {
        var b = Doubles(e.GetProperty("bbox"));
        return new(b[0], b[1], b[2], b[3]);
    }

    private static double[] Doubles(JsonElement e) => [.. e.EnumerateArray().Select(v => v.GetDouble())];

    private static long[] Longs(JsonElement e) => [.. e.EnumerateArray().Select(v => v.GetInt64())];
}
