using Fovea.Data.Reading;

namespace Fovea.App.Data;

/// <summary>Comma-separated annotations: keras-retinanet's, TensorFlow's and Roboflow's.</summary>
internal sealed class CsvForm : IDataForm
{
    private static readonly string[] Undivided = ["annotations.csv", "_annotations.csv", "labels.csv"];
    private static readonly string[] ClassFiles = ["classes.csv", "class_mapping.csv", "class_list.csv"];

    /// <inheritdoc/>
    public string LookedFor =>
        "CSV: train.csv, train_annotations.csv or train/_annotations.csv, or one annotations.csv; with classes.csv or without";

    /// <inheritdoc/>
    public DataSource? InFolder(string folder)
    {
        CsvPart? Of(string split, string file) =>
            File.Exists(Path.Combine(folder, file)) ? Part(split, folder, Path.Combine(folder, file), file) : null;

        var parts = SplitNames.Each((split, name) => Of(split, $"{name}.csv") ?? Of(split, $"{name}_annotations.csv")
            ?? Of(split, $"annotations_{name}.csv") ?? Of(split, $"{name}_labels.csv") ?? Of(split, $"{name}/_annotations.csv")).ToArray();
        if (parts.Length == 0)
        {
            parts = [.. Undivided.Select(f => Of(SplitNames.All, f)).OfType<CsvPart>().Take(1)];
        }

        return parts.Length == 0 ? null : new DataSource(folder, "CSV", parts);
    }

    /// <inheritdoc/>
    public DataSource? OfFile(string file) => Path.GetExtension(file).Equals(".csv", StringComparison.OrdinalIgnoreCase)
        ? new DataSource(file, "CSV", [Part(SplitNames.All, Path.GetDirectoryName(Path.GetFullPath(file))!, file, Path.GetFileName(file))])
        : null;

    private static CsvPart Part(string split, string folder, string file, string where)
    {
        var own = Path.GetDirectoryName(Path.GetFullPath(file))!;
        var classes = Array.Find(Array.ConvertAll(ClassFiles, c => Path.Combine(folder, c)), File.Exists);
        string[] folders = [own, Path.Combine(own, "images"), folder, Path.Combine(folder, "images"), Path.Combine(
            folder, "images", split)];

        // Where the first picture is, the others are.
        var names = DataFile.ReadLines(file, "comma-separated annotations").Take(2).Select(l => l.Split(',')[0].Trim('"', ' ')).ToArray();
        var images = Array.Find(folders, f => names.Any(n => n.Length > 0 && File.Exists(Path.Combine(f, n)))) ?? own;
        return new CsvPart(split, where, file, images, classes);
    }
}
