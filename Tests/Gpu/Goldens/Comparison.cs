using System.Globalization;
using Fovea.Gpu.Running;

namespace Fovea.Gpu.Goldens;

/// <summary>Tensors of one kind compared with a golden run's; they give one entry, with the worst of them.</summary>
/// <param name="context">Takes the entry.</param>
/// <param name="item">Its name.</param>
/// <param name="tolerance">Of the greatest number of a tensor.</param>
internal sealed class Comparison(StageContext context, string item, double tolerance)
{
    private readonly Dictionary<string, string> failed = new(StringComparer.Ordinal);
    private readonly List<string> elsewhere = [];
    private double worst;
    private string worstName = "none";
    private int count;

    /// <summary>Compares a tensor.</summary>
    public void Close(string name, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        count++;
        if (expected.Length != actual.Length)
        {
            failed[name] = string.Create(CultureInfo.InvariantCulture, $"{name}: {actual.Length} elements, not {expected.Length}");
            return;
        }

        var relative = Difference(expected, actual);
        if (relative > worst)
        {
            (worst, worstName) = (relative, name);
        }

        if (relative > tolerance)
        {
            failed[name] = string.Create(CultureInfo.InvariantCulture, $"{name} {relative:G3}");
        }
    }

    /// <summary>Compares a number.</summary>
    public void Close(string name, double expected, double actual) => Close(name, [(float)expected], [(float)actual]);

    /// <summary>Compares what must be equal.</summary>
    public void Same<T>(string name, ReadOnlySpan<T> expected, ReadOnlySpan<T> actual)
        where T : IEquatable<T>
    {
        count++;
        if (!expected.SequenceEqual(actual))
        {
            failed[name] = $"{name} differs";
        }
    }

    /// <summary>Notes a failure of another kind.</summary>
    public void Fail(string what) => failed[what] = what;

    /// <summary>What has failed, by name.</summary>
    public IReadOnlyCollection<string> Failing => failed.Keys;

    /// <summary>Lets something that has failed pass where it agrees at another input.</summary>
    public void Reconsider(string name, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        if (expected.Length == actual.Length && Difference(expected, actual) <= tolerance && failed.Remove(name, out var before))
        {
            elsewhere.Add(before);
        }
    }

    /// <summary>Records the entry.</summary>
    public void Tell()
    {
        var note = string.Create(CultureInfo.InvariantCulture, $"{count} tensors, worst {worstName}, tolerance {tolerance:G2}");
        note = elsewhere.Count == 0 ? note : $"{note}; agreeing only at another input: {string.Join("; ", elsewhere)}";
        context.Result(item, worst, "of max", failed.Count == 0, failed.Count == 0 ? note : $"{note}; {string.Join("; ", failed.Values)}");
    }

    /// <summary>The greatest difference, relative to the greatest value.</summary>
    private static double Difference(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        var (greatest, error) = (0.0, 0.0);
        for (var i = 0; i < expected.Length; i++)
        {
            greatest = Math.Max(greatest, Math.Abs(expected[i]));
            var one = Math.Abs((double)expected[i] - actual[i]);
            error = double.IsNaN(one) ? double.PositiveInfinity : Math.Max(error, one);
        }

        return error / (greatest > 0 ? greatest : 1);
    }
}
