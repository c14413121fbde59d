using System.Globalization;

namespace Fovea.Data.Reading;

/// <summary>
/// Finds the pictures that annotations name. Names come from other machines: with back slashes, in other upper and lower case; they are
/// taken
/// where one file alone is meant, and noted. Names that lead out of the folder are refused unless they are allowed.
/// </summary>
internal sealed class ImageNames(string folder, DatasetOptions options)
{
    private static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true,
        IgnoreInaccessible = true,
        AttributesToSkip = FileAttributes.None,
        MaxRecursionDepth = 16,
    };

    private readonly List<string> missing = [];
    private readonly List<string> outside = [];
    private readonly List<string> ambiguous = [];
    private readonly List<(string Written, string Taken)> taken = [];
    private ILookup<string, string>? index;

    /// <summary>File name extensions of the pictures that can be read.</summary>
    public static bool IsImage(string path) =>
        Path.GetExtension(path).ToUpperInvariant() is ".JPG" or ".JPEG" or ".PNG" or ".WEBP" or ".BMP" or ".GIF" or ".TIF" or ".TIFF";

    /// <summary>The path of a picture.</summary>
    /// <param name="written">As the annotations have it.</param>
    /// <param name="others">Names that may be meant where there is none of the first.</param>
    /// <returns>A path even where there is no such file, which <see cref="Check"/> tells.</returns>
    public string Find(string written, params ReadOnlySpan<string> others)
    {
        var plain = Plain(written);
        if (!options.AllowOutsidePaths && LeadsOut(plain))
        {
            foreach (var other in others)
            {
                if (!LeadsOut(other) && File.Exists(Path.Combine(folder, other)))
                {
                    taken.Add((written, other));
                    return Path.Combine(folder, other);
                }
            }

            outside.Add(written);
            return Path.Combine(folder, "…");
        }

        var path = Path.Combine(folder, plain);
        if (!options.CheckImages || File.Exists(path))
        {
            return path;
        }

        // Some name pictures from the folder above: "images/a.jpg", where images is the folder.
        var above = Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)) + "/";
        if (plain.StartsWith(above, StringComparison.Ordinal) && File.Exists(Path.Combine(folder, plain[above.Length..])))
        {
            return Path.Combine(folder, plain[above.Length..]);
        }

        foreach (var other in others)
        {
            if (File.Exists(Path.Combine(folder, other)))
            {
                taken.Add((written, other));
                return Path.Combine(folder, other);
            }
        }

        return FindLoosely(written, plain, path, others);
    }

    /// <summary>Tells what is missing, led out or was not clear, each as one problem, and what was taken as a note.</summary>
    public void Check(DatasetProblems problems, List<string> notes)
    {
        if (outside.Count > 0)
        {
            problems.Add(Text($"images: expected names inside the folder {folder}, {outside.Count} lead out of it: {DatasetProblems.Quote(outside, 5)}; ")
                + "correct them, or allow it: AllowOutsidePaths, --allow-outside.");
        }

        if (ambiguous.Count > 0)
        {
            problems.Add(Text($"images: {ambiguous.Count} names differ only in case from more than one file: {DatasetProblems.Quote(ambiguous, 5)}; ")
                + "write them as the files are named.");
        }

        if (missing.Count > 0)
        {
            problems.Add(Directory.Exists(folder)
                ? Text($"images: expected every image in the folder {folder}, {missing.Count} are not there: {DatasetProblems.Quote(missing, 5)}; ")
                    + "correct the folder or remove the images from the annotations."
                : Text($"images: expected the folder {folder} with {missing.Count} images, found none of this name; correct the path."));
        }

        if (taken.Count > 0)
        {
            var examples = string.Join(
                ", ", taken.Take(3).Select(t => $"'{DataFile.Shorten(t.Written, 60)}' is '{DataFile.Shorten(t.Taken, 60)}'"));
            notes.Add(Text($"{taken.Count} picture names differ only in case, slashes or extension from the files and were taken: ")
                + $"{examples}{(taken.Count > 3 ? ", …" : "")}.");
        }
    }

    /// <summary>Whether a name is absolute (on any system) or leads up and out of the folder.</summary>
    public static bool LeadsOut(string name)
    {
        if (Path.IsPathRooted(name) || name.StartsWith('/') || (name.Length > 1 && char.IsAsciiLetter(name[0]) && name[1] == ':'))
        {
            return true;
        }

        var depth = 0;
        foreach (var part in name.Split('/'))
        {
            depth += part switch { "" or "." => 0, ".." => -1, _ => 1 };
            if (depth < 0)
            {
                return true;
            }
        }

        return false;
    }

    private string FindLoosely(string written, string plain, string path, ReadOnlySpan<string> others)
    {
        index ??= Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "*", Everything).Where(IsImage)
                .Select(f => Path.GetRelativePath(folder, f).Replace('\\', '/')).ToLookup(n => n.ToUpperInvariant(), StringComparer.Ordinal)
            : Array.Empty<string>().ToLookup(n => n);
        for (var i = -1; i < others.Length; i++)
        {
            var found = index[Normalized(i < 0 ? plain : others[i]).ToUpperInvariant()].ToArray();
            if (found.Length == 1)
            {
                taken.Add((written, found[0]));
                return Path.Combine(folder, found[0]);
            }

            if (found.Length > 1)
            {
                ambiguous.Add(written);
                return path;
            }
        }

        missing.Add(plain);
        return path;
    }

    private static string Normalized(string name) => string.Join('/', name.Split('/').Where(p => p is not ("" or ".")));

    private string Plain(string written)
    {
        var name = written.Contains('\0', StringComparison.Ordinal) ? written.Replace('\0', '·') : written;
        if (!name.Contains('\\', StringComparison.Ordinal) || File.Exists(Path.Combine(folder, name)))
        {
            return name;
        }

        var turned = name.Replace('\\', '/');
        if (!LeadsOut(turned) && File.Exists(Path.Combine(folder, turned)))
        {
            taken.Add((written, turned));
        }

        return turned;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
