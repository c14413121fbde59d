using System.Globalization;

namespace Fovea.Tests.Onnx;

/// <summary>How near is near enough.</summary>
internal static class Same
{
    /// <summary>Every value within 1e-4 of the greatest.</summary>
    public static void Values(string what, IReadOnlyList<float> expected, IReadOnlyList<float> found)
    {
        Assert.Equal(expected.Count, found.Count);
        var greatest = expected.Max(MathF.Abs);
        Assert.InRange(greatest, 0.1f, 1e4f);
        var (difference, at) = expected.Zip(found).Select((pair, i) => (MathF.Abs(pair.First - pair.Second), i)).Max();
        Assert.True(
            difference <= 1e-4f * greatest,
            string.Create(CultureInfo.InvariantCulture, $"{what}[{at}]: {expected[at]:R} and {found[at]:R} differ by {difference / greatest:E1} of {greatest}"));
    }

    /// <summary>As many detections, and each has one of its class, score and box.</summary>
    public static void Detections(RawDetection[] expected, RawDetection[] found, int side)
    {
        var left = found.ToList();
        foreach (var d in expected)
        {
            var match = left.FindIndex(f => f.Channel == d.Channel && MathF.Abs(f.Score - d.Score) <= 1e-4f && Near(f.Box, d.Box, 2e-4f * side));
            Assert.True(match >= 0, $"{d} has no counterpart among {string.Join('\n', left)}");
            left.RemoveAt(match);
        }

        Assert.Empty(left);
    }

    private static bool Near(Box a, Box b, float tolerance) =>
        MathF.Abs(a.X1 - b.X1) <= tolerance && MathF.Abs(a.Y1 - b.Y1) <= tolerance && MathF.Abs(a.X2 - b.X2) <= tolerance && MathF.Abs(a.Y2 - b.Y2) <= tolerance;
}
