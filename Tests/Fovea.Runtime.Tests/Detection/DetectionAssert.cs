namespace Fovea.Tests.Detection;

/// <summary>Comparisons that say name, index, expected, actual and tolerance; and random boxes.</summary>
internal static class DetectionAssert
{
    /// <summary>Relative to the greatest of what is expected, however small that is.</summary>
    public static void Close(string name, double[] expected, float[] actual, double tolerance) =>
        Numbers.Close(name, expected, actual, tolerance, least: 1e-30);

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
