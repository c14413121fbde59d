using System.Globalization;

namespace Fovea.Tests.Detection;

/// <summary>Comparisons that say name, index, expected, actual and tolerance; and random boxes.</summary>
internal static class DetectionAssert
{
    public static void Close(string name, IReadOnlyList<double> expected, IReadOnlyList<float> actual, double tolerance)
    {
        Assert.True(expected.Count == actual.Count, $"{name}: expected {expected.Count} elements, got {actual.Count}.");
        var greatest = Math.Max(1e-30, expected.Select(Math.Abs).DefaultIfEmpty(0).Max());
        for (var i = 0; i < actual.Count; i++)
        {
            var error = Math.Abs(expected[i] - actual[i]);
            if (!(error <= tolerance * greatest))
            {
                Assert.Fail(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name}  [{i}]  expected {expected[i]:R}  actual {actual[i]:R}  error {error:G3}  of {tolerance * greatest:G3}"));
            }
        }
    }

    public static void SameBits(string name, float[] expected, float[] actual)
    {
        Assert.True(expected.Length == actual.Length, $"{name}: expected {expected.Length} elements, got {actual.Length}.");
        for (var i = 0; i < expected.Length; i++)
        {
            if (BitConverter.SingleToInt32Bits(expected[i]) != BitConverter.SingleToInt32Bits(actual[i]))
            {
                Assert.Fail(string.Create(
                    CultureInfo.InvariantCulture, $"{name}  [{i}]  expected {expected[i]:R}  actual {actual[i]:R}, the same bits"));
            }
        }
    }

    /// <summary>A box inside a square of 256 pixels, with whole or quarter coordinates so that equal IoUs occur.</summary>
    public static Box RandomBox(Random random)
    {
        var x = random.Next(0, 800) / 4f;
        var y = random.Next(0, 800) / 4f;
        return new(x, y, x + random.Next(1, 56 * 4) / 4f, y + random.Next(1, 56 * 4) / 4f);
    }

    public static Box[] RandomBoxes(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => RandomBox(random))];

    public static float[] RandomNormal(Random random, int count, double deviation, double mean = 0)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            var radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            values[i] = (float)(mean + deviation * radius * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        return values;
    }
}
