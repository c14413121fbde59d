using System.Globalization;

namespace Fovea.Cuda.Checks;

/// <summary>
/// One thing that the CUDA backend must do as the scalar reference does. The same checks run over the simulated GPU in the tests and
/// over a real one.
/// </summary>
/// <param name="Name">Operator and shape.</param>
/// <param name="Run">Fails with <see cref="CheckFailedException"/>.</param>
internal sealed record OperatorCheck(string Name, Action<CudaRig> Run);

/// <summary>Comparisons whose failures name what, where, expected, actual and tolerance.</summary>
internal static class Check
{
    /// <summary>|actual − expected| ≤ tolerance · max(1e-3, max|expected|) for every element; NaN equals NaN.</summary>
    public static void Close(string name, ReadOnlySpan<double> expected, ReadOnlySpan<float> actual, double tolerance) =>
        Numbers.Close(name, expected, actual, tolerance, nanIsNan: true);

    /// <summary>As above, with a reference in float32.</summary>
    public static void Close(string name, float[] expected, ReadOnlySpan<float> actual, double tolerance) =>
        Close(name, Array.ConvertAll(expected, v => (double)v), actual, tolerance);

    /// <summary>Equal.</summary>
    public static void Same<T>(string name, T expected, T actual)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            throw new CheckFailedException(string.Create(CultureInfo.InvariantCulture, $"{name}  expected {expected}  actual {actual}"));
        }
    }

    /// <summary>Equal, element by element.</summary>
    public static void Same<T>(string name, ReadOnlySpan<T> expected, ReadOnlySpan<T> actual)
    {
        Same(name + " length", expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Same($"{name}  [{i}]", expected[i], actual[i]);
        }
    }
}
