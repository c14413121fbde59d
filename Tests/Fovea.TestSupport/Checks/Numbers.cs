using System.Globalization;

namespace Fovea.TestSupport;

/// <summary>Random numbers for tests, and comparisons whose failures name what, where, expected, actual and tolerance.</summary>
internal static class Numbers
{
    /// <summary>What tolerances are relative to where all that is expected is smaller.</summary>
    public const double Least = 1e-3;

    /// <summary>Uniform in [low, high), the same for the same seed.</summary>
    public static float[] Random(int seed, long length, double low = -1, double high = 1)
    {
        var random = new Random(seed);
        var values = new float[length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)(low + ((high - low) * random.NextDouble()));
        }

        return values;
    }

    /// <summary>Multiples of a quarter in [−1, 1]: ties and zeros abound.</summary>
    public static float[] RandomQuarters(int seed, long length)
    {
        var random = new Random(seed);
        var values = new float[length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = random.Next(-4, 5) / 4f;
        }

        return values;
    }

    public static double[] Doubles(ReadOnlySpan<float> values)
    {
        var result = new double[values.Length];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = values[i];
        }

        return result;
    }

    /// <summary>|actual − expected| ≤ tolerance · max(least, max|expected|) for every element.</summary>
    public static void Close(
        string name, ReadOnlySpan<double> expected, ReadOnlySpan<float> actual, double tolerance, double least = Least,
        bool nanIsNan = false)
    {
        var greatest = least;
        foreach (var v in expected)
        {
            greatest = double.IsFinite(v) ? Math.Max(greatest, Math.Abs(v)) : greatest;
        }

        Within(name, expected, actual, tolerance * greatest, nanIsNan);
    }

    /// <summary>
    /// |actual − expected| ≤ tolerance for every element; with <paramref name="nanIsNan"/>, NaN where NaN is expected is right.
    /// </summary>
    public static void Within(
        string name, ReadOnlySpan<double> expected, ReadOnlySpan<float> actual, double tolerance, bool nanIsNan = false)
    {
        SameLength(name, expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            var error = Math.Abs(expected[i] - actual[i]);
            if (!(error <= tolerance) && !(nanIsNan && double.IsNaN(expected[i]) && float.IsNaN(actual[i])))
            {
                throw new CheckFailedException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name}  [{i}]  expected {expected[i]:R}  actual {actual[i]:R}  error {error:G3}  tolerance {tolerance:G3}"));
            }
        }
    }

    /// <summary>The same bits.</summary>
    public static void SameBits(string name, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        SameLength(name, expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            if (BitConverter.SingleToInt32Bits(expected[i]) != BitConverter.SingleToInt32Bits(actual[i]))
            {
                throw new CheckFailedException(string.Create(
                    CultureInfo.InvariantCulture, $"{name}  [{i}]  expected {expected[i]:R}  actual {actual[i]:R}  tolerance 0 bits"));
            }
        }
    }

    /// <summary>Compares a gradient with central differences of the loss with respect to each element of <paramref name="at"/>.</summary>
    public static void IsGradient(
        string name, Func<double[], double> loss, double[] at, ReadOnlySpan<double> gradient, double tolerance = 1e-6)
    {
        const double Step = 1e-5;
        for (var i = 0; i < at.Length; i++)
        {
            var moved = (double[])at.Clone();
            moved[i] = at[i] + Step;
            var above = loss(moved);
            moved[i] = at[i] - Step;
            var expected = (above - loss(moved)) / (2 * Step);
            if (!(Math.Abs(expected - gradient[i]) <= tolerance * Math.Max(1, Math.Abs(expected))))
            {
                throw new CheckFailedException(string.Create(
                    CultureInfo.InvariantCulture, $"{name}  [{i}]  expected {expected:R} (differences)  " +
                    $"actual {gradient[i]:R}  tolerance {tolerance:G3}"));
            }
        }
    }

    /// <summary>Σ a·b.</summary>
    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double sum = 0;
        for (var i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    private static void SameLength(string name, int expected, int actual)
    {
        if (expected != actual)
        {
            throw new CheckFailedException($"{name}: expected {expected} elements, got {actual}.");
        }
    }
}
