using System.Globalization;
using Fovea.Data.Reading;

namespace Fovea.App.Data;

/// <summary>YOLO's data.yaml: where pictures of each split are, and the names of class numbers.</summary>
/// <remarks>Source: docs.ultralytics.com, "Dataset YAML format"; paths as Roboflow writes them ("../train/images") too.</remarks>
internal sealed class YoloYamlForm : IDataForm
{
    private static readonly string[] Usual = ["data.yaml", "data.yml", "dataset.yaml", "dataset.yml"];

    /// <inheritdoc/>
    public string LookedFor => "YOLO: data.yaml with train: and names:";

    /// <inheritdoc/>
    public DataSource? InFolder(string folder)
    {
        if (Array.Find(Usual, u => File.Exists(Path.Combine(folder, u))) is { } usual)
        {
            return OfFile(Path.Combine(folder, usual));
        }

        var only = Directory.EnumerateFiles(folder, "*.yaml").Take(2).ToArray();
        return only.Length == 1 && CocoForm.Mentions(only[0], "names:") ? OfFile(only[0]) : null;
    }

    /// <inheritdoc/>
    public DataSource? OfFile(string file)
    {
        if (Path.GetExtension(file).ToUpperInvariant() is not (".YAML" or ".YML"))
        {
            return null;
        }

        var table = Yaml.Read(file);
        var problems = new DatasetProblems(file);
        var names = NamesOf(table, problems);
        var own = Path.GetDirectoryName(Path.GetFullPath(file))!;
        var root = RootOf(table, own);
        var parts = new List<DataPart>();
        var absent = new List<string>();
        foreach (var (split, aliases) in SplitNames.Known)
        {
            if (aliases.FirstOrDefault(table.ContainsKey) is { } key && TextsOf(table[key]) is { Length: > 0 } written)
            {
                var sources = written.Select(w => SourceOf(w, root, own)).ToArray();
                if (sources.Any(s => s is null))
                {
                    absent.Add($"{key}: {string.Join(", ", written.Where((_, i) => sources[i] is null))}");
                }
                else
                {
                    parts.Add(new YoloPart(split, string.Join(", ", written), file, root, [.. sources.OfType<string>()], names));
                }
            }
        }

        // Exporters name a split that the set does not have; without any there is no data set.
        if (parts.Count == 0 && absent.Count > 0)
        {
            problems.Add($"{DatasetProblems.Quote(absent)}: expected folders of pictures or lists, found none there (from {root}); correct path, train and val.");
        }
        else if (parts.Count == 0)
        {
            problems.Add("train", "a folder of pictures, or a list of them", "nothing");
        }

        problems.ThrowIfAny();
        return new DataSource(file, "YOLO", parts);
    }

    private static Dictionary<int, string> NamesOf(Dictionary<string, object?> table, DatasetProblems problems)
    {
        var result = new Dictionary<int, string>();
        var names = table.GetValueOrDefault("names");
        if (names is List<object?> list && list.All(n => n is string))
        {
            for (var i = 0; i < list.Count; i++)
            {
                result[i] = (string)list[i]!;
            }
        }
        else if (names is Dictionary<string, object?> byNumber)
        {
            foreach (var (key, value) in byNumber)
            {
                if (int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && value is string name)
                {
                    result[number] = name;
                }
                else
                {
                    problems.Add($"names.{key}", "a class number and its name", value as string ?? "another thing");
                }
            }
        }
        else
        {
            problems.Add("names", "the names of classes, as a list or by number", names is null ? "nothing" : "another thing");
        }

        if (result.Count > 0 && table.GetValueOrDefault("nc") is string count && count != result.Count.ToString(
            CultureInfo.InvariantCulture))
        {
            problems.Add("nc", $"the number of names, {result.Count}", count);
        }

        return result;
    }

    private static string RootOf(Dictionary<string, object?> table, string own) =>
        table.GetValueOrDefault("path") is string { Length: > 0 } path && Directory.Exists(Path.Combine(own, path))
            ? Path.GetFullPath(Path.Combine(own, path))
            : own;

    private static string[] TextsOf(object? value) => value switch
    {
        string { Length: > 0 } text => [text],
        List<object?> list => [.. list.OfType<string>()],
        _ => [],
    };

    private static string? SourceOf(string written, string root, string own)
    {
        var plain = written.Replace('\\', '/');
        var inside = plain;
        while (inside.StartsWith("../", StringComparison.Ordinal))
        {
            inside = inside[3..];
        }

        // Roboflow writes "../train/images" for a folder that lies beside the file.
        string[] candidates = [Path.Combine(root, inside), Path.Combine(own, inside), Path.Combine(root, plain)];
        return Array.Find(candidates, Path.Exists) is { } found ? Path.GetFullPath(found) : null;
    }
}
