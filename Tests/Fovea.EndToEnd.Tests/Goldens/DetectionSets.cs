using System.Globalization;
using Fovea.Tests.Goldens;

namespace Fovea.EndToEnd.Goldens;

/// <summary>Detections compared as sets of (label, box, score): order among nearly equal scores is no promise.</summary>
internal static class DetectionSets
{
    private const float ScoreTolerance = 1e-4f;

    /// <summary>Compares with <c>{prefix}.boxes</c>, <c>.scores</c>, <c>.labels</c>.</summary>
    public static void Check(GoldenEntry entry, string prefix, Dictionary<string, GoldenTensor> golden, RawDetection[] found)
    {
        var boxes = golden[$"{prefix}.boxes"].F32;
        var scores = golden[$"{prefix}.scores"].F32;
        var labels = golden[$"{prefix}.labels"].I64;
        Assert.True(scores.Length == found.Length, $"{entry.Id} {prefix}: expected {scores.Length} detections, found {found.Length}.");
        var scale = Math.Max(1, boxes.Length == 0 ? 1 : boxes.Max(Math.Abs));
        var left = Enumerable.Range(0, found.Length).ToList();
        for (var i = 0; i < scores.Length; i++)
        {
            var match = left.FindIndex(j => found[j].Channel == labels[i]
                && Math.Abs(found[j].Score - scores[i]) <= ScoreTolerance
                && Near(boxes.AsSpan(i * 4, 4), found[j].Box, 1e-4f * scale));
            Assert.True(match >= 0, string.Create(
                CultureInfo.InvariantCulture,
                $"{entry.Id} {prefix}[{i}]: no detection of class {labels[i]}, score {scores[i]:R}, box {string.Join(", ", boxes.Skip(i * 4).Take(4))}."));
            left.RemoveAt(match);
        }

        GoldenReport.Checked(entry, $"{prefix}.boxes");
        GoldenReport.Checked(entry, $"{prefix}.scores");
        GoldenReport.Checked(entry, $"{prefix}.labels");
    }

    private static bool Near(ReadOnlySpan<float> a, Box b, float tolerance) =>
        Math.Abs(a[0] - b.X1) <= tolerance && Math.Abs(a[1] - b.Y1) <= tolerance && Math.Abs(a[2] - b.X2) <= tolerance && Math.Abs(a[3] - b.Y2) <= tolerance;
}
