using Fovea.Data.Reading;

namespace Fovea.App.Data;

/// <summary>YOLO's folders without a data.yaml: images/ and labels/, or texts beside pictures, with a list of names.</summary>
internal sealed class YoloFolderForm : IDataForm
{
    private static readonly string[] NameFiles = ["classes.txt", "obj.names", "labels.txt", "names.txt", "labels/classes.txt", "train/classes.txt"];

    /// <inheritdoc/>
    public string LookedFor => "YOLO without data.yaml: images/ and labels/, or *.txt beside pictures, with classes.txt";

    /// <inheritdoc/>
    public DataSource? InFolder(string folder)
    {
        var parts = SplitNames.Each((split, name) =>
            HasLabels(Path.Combine(folder, "images", name)) ? new Place(split, $"images/{name}")
            : HasLabels(Path.Combine(folder, name, "images")) ? new Place(split, $"{name}/images")
            : HasLabels(Path.Combine(folder, name)) ? new Place(split, name)
            : null).ToArray();
        if (parts.Length == 0)
        {
            parts = HasLabels(Path.Combine(folder, "images")) ? [new Place(SplitNames.All, "images")] : HasLabels(folder) ? [new Place(SplitNames.All, ".")] : [];
        }

        if (parts.Length == 0)
        {
            return null;
        }

        var names = NamesOf(folder);
        return new DataSource(folder, "YOLO", [.. parts.Select(p => new YoloPart(
            p.Split, p.Where, folder, folder, [Path.GetFullPath(Path.Combine(folder, p.Where))], names))]);
    }

    /// <inheritdoc/>
    public DataSource? OfFile(string file) => null;

    private static bool HasLabels(string images) => Directory.Exists(images)
        && Directory.EnumerateFiles(images).Where(ImageNames.IsImage).Take(200).Any(i => YoloLabels.Of(i) is not null);

    private static Dictionary<int, string> NamesOf(string folder)
    {
        var file = Array.Find(NameFiles, n => File.Exists(Path.Combine(folder, n))) ?? throw new DatasetException(
            folder, "expected the names of YOLO's class numbers in data.yaml or classes.txt, found neither; write a name a line, class 0 first.");
        return DataFile.ReadLines(Path.Combine(folder, file), "class names").Select(n => n.Trim()).Where(n => n.Length > 0)
            .Select((name, number) => (name, number)).ToDictionary(n => n.number, n => n.name);
    }

    private sealed record Place(string Split, string Where);
}
