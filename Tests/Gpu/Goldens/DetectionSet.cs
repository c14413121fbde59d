using System.Globalization;
using Fovea.Tests.Goldens;

namespace Fovea.Gpu.Goldens;

/// <summary>Detections compared as sets of label, box and score: order among nearly equal scores is no promise.</summary>
internal static class DetectionSet
{
    private const float ScoreTolerance = 1e-4f;
    private const float BoxTolerance = 1e-4f;

    /// <summary>Compares with <c>{prefix}.boxes</c>, <c>.scores</c>, <c>.labels</c>.</summary>
    public static void Compare(Comparison comparison, string prefix, Dictionary<string, GoldenTensor> golden, RawDetection[] found)
    {
        var (boxes, scores, labels) = (golden[$"{prefix}.boxes"].F32, golden[$"{prefix}.scores"].F32, golden[$"{prefix}.labels"].I64);
        comparison.Same<int>($"{prefix} count", [scores.Length], [found.Length]);
        var tolerance = BoxTolerance * Math.Max(1, boxes.Length == 0 ? 1 : boxes.Max(Math.Abs));
        var left = found.ToList();
        for (var i = 0; i < scores.Length; i++)
        {
            var match = left.FindIndex(d => d.Channel == labels[i] && Math.Abs(d.Score - scores[i]) <= ScoreTolerance
                && IsNear(boxes.AsSpan(i * 4, 4), d, tolerance));
            if (match < 0)
            {
                comparison.Fail(string.Create(
                    CultureInfo.InvariantCulture, $"{prefix}[{i}]: class {labels[i]}, score {scores[i]:R} not found"));
                continue;
            }

            left.RemoveAt(match);
        }
    }

    private static bool IsNear(ReadOnlySpan<float> a, RawDetection d, float tolerance) =>
        Math.Abs(a[0] - d.Box.X1) <= tolerance && Math.Abs(a[1] - d.Box.Y1) <= tolerance
        && Math.Abs(a[2] - d.Box.X2) <= tolerance && Math.Abs(a[3] - d.Box.Y2) <= tolerance;
}
