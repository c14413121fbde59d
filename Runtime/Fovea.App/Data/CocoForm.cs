using System.Text;

namespace Fovea.App.Data;

/// <summary>COCO's JSON in the layouts of COCO itself, Roboflow, FiftyOne and CVAT.</summary>
internal sealed class CocoForm : IDataForm
{
    private static readonly string[] OfSplitFolder = ["_annotations.coco.json", "annotations.json", "labels.json"];
    private static readonly string[] Undivided =
        ["_annotations.coco.json", "annotations.json", "labels.json", "instances.json", "annotations/instances_default.json", "annotations/annotations.json"];

    /// <inheritdoc/>
    public string LookedFor =>
        "COCO: train.json, val.json, test.json; annotations/instances_train*.json; train/_annotations.coco.json (Roboflow); or one annotations.json";

    /// <inheritdoc/>
    public DataSource? InFolder(string folder)
    {
        var parts = SplitNames.Each((split, name) => Split(folder, split, name)).ToArray();
        if (parts.Length > 0)
        {
            return new DataSource(folder, "COCO", parts);
        }

        var file = Array.Find(Undivided, f => File.Exists(Path.Combine(folder, f))) ?? OnlyJson(folder);
        return file is null ? null : new DataSource(folder, "COCO", [Whole(folder, Path.Combine(folder, file), file)]);
    }

    /// <inheritdoc/>
    public DataSource? OfFile(string file)
    {
        if (!Path.GetExtension(file).Equals(".json", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        var root = Path.GetFileName(folder) is "annotations" ? Path.GetDirectoryName(folder)! : folder;
        return new DataSource(file, "COCO", [Whole(root, file, Path.GetFileName(file))]);
    }

    private static CocoPart Whole(string folder, string file, string where)
    {
        var name = Path.GetFileNameWithoutExtension(file).Replace("instances_", "", StringComparison.Ordinal);
        return new CocoPart(SplitNames.All, where, file, ImagesOf(folder, [name, $"images/{name}", "images", "data"]));
    }

    private static CocoPart? Split(string folder, string split, string name)
    {
        CocoPart? Of(string file, params string[] images) => File.Exists(Path.Combine(folder, file))
            ? new CocoPart(split, file, Path.Combine(folder, file), ImagesOf(folder, images))
            : null;

        return Of($"{name}.json", $"images/{name}", name, "images")
            ?? Instances(folder, split, name)
            ?? Of($"annotations/{name}.json", $"images/{name}", name, "images")
            ?? Array.ConvertAll(OfSplitFolder, f => Of($"{name}/{f}", $"{name}/images", $"{name}/data", name)).FirstOrDefault(
                p => p is not null);
    }

    /// <summary>annotations/instances_train2017.json goes with train2017/, and with nothing that merely begins so.</summary>
    private static CocoPart? Instances(string folder, string split, string name)
    {
        var annotations = Path.Combine(folder, "annotations");
        var files = Directory.Exists(annotations)
            ? Directory.EnumerateFiles(annotations, $"instances_{name}*.json").Select(f => Path.GetFileName(f)).Order(
                StringComparer.Ordinal)
                .Where(f => f["instances_".Length..^".json".Length][name.Length..].All(char.IsAsciiDigit)).ToArray()
            : [];
        if (files.Length > 1 && !files.Contains($"instances_{name}.json"))
        {
            throw new DatasetException(
                annotations, $"expected one file for the split \"{split}\", found {string.Join(", ", files)}; name the file itself with --data.");
        }

        if (files.Length == 0)
        {
            return null;
        }

        var file = files.Contains($"instances_{name}.json") ? $"instances_{name}.json" : files[0];
        var full = file["instances_".Length..^".json".Length];
        return new CocoPart(
            split, $"annotations/{file}", Path.Combine(annotations, file), ImagesOf(folder, [full, $"images/{full}", name, $"images/{name}", "images"]));
    }

    private static string ImagesOf(string folder, string[] candidates) =>
        Array.Find(Array.ConvertAll(candidates, c => Path.Combine(folder, c)), Directory.Exists) ?? folder;

    /// <summary>A folder's only JSON file, where it looks like COCO's.</summary>
    private static string? OnlyJson(string folder)
    {
        var files = Directory.EnumerateFiles(folder, "*.json").Take(2).ToArray();
        return files.Length == 1 && Mentions(files[0], "\"annotations\"") ? Path.GetFileName(files[0]) : null;
    }

    /// <summary>Whether a text occurs in a file's first megabyte.</summary>
    public static bool Mentions(string file, string text)
    {
        if (new FileInfo(file).Length == 0)
        {
            return false;
        }

        using var stream = File.OpenRead(file);
        var start = new byte[(int)Math.Min(1 << 20, stream.Length)];
        return start.AsSpan(0, stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)).IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;
    }
}
