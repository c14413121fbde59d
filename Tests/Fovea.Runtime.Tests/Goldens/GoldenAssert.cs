using System.Globalization;

namespace Fovea.Tests.Goldens;

/// <summary>Comparisons that say file, tensor, index, expected, actual and tolerance, and count towards the report.</summary>
public static class GoldenAssert
{
    /// <summary>|actual − expected| ≤ tolerance · max(|expected|) for every element (a tensor of zeros: ≤ tolerance).</summary>
    public static void Close(GoldenEntry entry, string tensor, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance)
    {
        var greatest = 0.0;
        foreach (var v in expected)
        {
            greatest = Math.Max(greatest, Math.Abs((double)v));
        }

        Within(entry, tensor, expected, actual, tolerance * (greatest > 0 ? greatest : 1));
    }

    /// <summary>|actual − expected| ≤ tolerance for every element.</summary>
    public static void Within(GoldenEntry entry, string tensor, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance)
    {
        Assert.True(expected.Length == actual.Length, $"{entry.Id} {tensor}: expected {expected.Length} elements, got {actual.Length}.");
        var worst = -1;
        var worstError = tolerance;
        var failures = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            var error = Math.Abs((double)expected[i] - actual[i]);
            if (expected[i].Equals(actual[i]) || error <= tolerance)
            {
                continue;
            }

            failures++;
            if (worst < 0 || error > worstError || double.IsNaN(error))
            {
                (worst, worstError) = (i, error);
            }
        }

        if (worst >= 0)
        {
            Assert.Fail(string.Create(
                CultureInfo.InvariantCulture,
                $"{entry.Id}  {tensor}  [{worst}]  expected {expected[worst]:R}  actual {actual[worst]:R}  error {worstError:G3}  " +
                $"tolerance {tolerance:G3}  ({failures} of {expected.Length} differ)"));
        }

        GoldenReport.Checked(entry, tensor);
    }

    /// <summary>The same elements.</summary>
    public static void Exact<T>(GoldenEntry entry, string tensor, ReadOnlySpan<T> expected, ReadOnlySpan<T> actual)
    {
        Assert.True(expected.Length == actual.Length, $"{entry.Id} {tensor}: expected {expected.Length} elements, got {actual.Length}.");
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(
                EqualityComparer<T>.Default.Equals(expected[i], actual[i]),
                $"{entry.Id}  {tensor}  [{i}]  expected {expected[i]}  actual {actual[i]}");
        }

        GoldenReport.Checked(entry, tensor);
    }
}
