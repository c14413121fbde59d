namespace Fovea.App.Data;

/// <summary>The names of splits, and what other tools call them.</summary>
internal static class SplitNames
{
    public const string Train = "train";
    public const string Validation = "val";
    public const string Test = "test";

    /// <summary>A data set that is not divided.</summary>
    public const string All = "all";

    /// <summary>For each split its names in files, the usual one first.</summary>
    public static IReadOnlyList<(string Split, string[] Names)> Known { get; } =
        [(Train, [Train, "training"]), (Validation, [Validation, "valid", "validation"]), (Test, [Test, "testing"])];

    /// <summary>"valid" is val; what is no known name stays.</summary>
    public static string Canonical(string name)
    {
        foreach (var (split, names) in Known)
        {
            if (names.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                return split;
            }
        }

        return name;
    }

    /// <summary>What each split has where the first of its names that has something is taken.</summary>
    public static IEnumerable<T> Each<T>(Func<string, string, T?> find)
        where T : class
    {
        foreach (var (split, names) in Known)
        {
            if (names.Select(n => find(split, n)).FirstOrDefault(f => f is not null) is { } found)
            {
                yield return found;
            }
        }
    }
}
