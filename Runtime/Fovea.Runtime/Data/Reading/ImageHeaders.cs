namespace Fovea.Data.Reading;

/// <summary>Sizes of pictures from their headers, for annotations that have none.</summary>
internal static class ImageHeaders
{
    /// <summary>Reads all, several at a time; what cannot be read is a problem, in the order of the pictures.</summary>
    /// <param name="paths">Pictures.</param>
    /// <param name="problems">Takes what is wrong.</param>
    /// <returns>For each its upright size in pixels; null where it cannot be read.</returns>
    public static (int Width, int Height)?[] Read(IReadOnlyList<string> paths, DatasetProblems problems)
    {
        var sizes = new (int Width, int Height)?[paths.Count];
        var reasons = new string?[paths.Count];
        Parallel.For(0, paths.Count, i => (sizes[i], reasons[i]) = Read(paths[i]));
        foreach (var reason in reasons)
        {
            if (reason is not null)
            {
                problems.AddOf("header", reason);
            }
        }

        return sizes;
    }

    /// <summary>The size of one picture, or why there is none.</summary>
    public static ((int Width, int Height)? Size, string? Reason) Read(string path)
    {
        if (DataFile.WhyNotReadable(path) is { } reason)
        {
            return (null, $"{DataFile.Shorten(path)}: expected a picture, {reason}; restore or remove it.");
        }

        try
        {
            return (ImageFile.ReadSize(path), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, DataFile.Shorten(e.Message, 400));
        }
    }
}
