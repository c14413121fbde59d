namespace Fovea;

/// <summary>
/// Finds a split in a folder, in the layouts in which data sets come: COCO (<c>{split}.json</c> or <c>annotations/instances_{split}*.json</c>, pictures in
/// <c>images/</c> or a folder of the split's name) or Pascal VOC (<c>Annotations/</c>, <c>JPEGImages/</c>, <c>ImageSets/Main/{split}.txt</c>).
/// </summary>
public static class DataFolder
{
    /// <summary>Opens a split.</summary>
    /// <typeparam name="TClass">The class enum.</typeparam>
    /// <param name="folder">The data set's folder.</param>
    /// <param name="split">train, val, test, or another name that files bear.</param>
    /// <param name="options">How strictly to read.</param>
    /// <exception cref="DatasetException">There is no such split, or what is there is wrong.</exception>
    public static DetectionDataset<TClass> Open<TClass>(string folder, string split, DatasetOptions? options = null)
        where TClass : struct, Enum =>
        TryOpen<TClass>(folder, split, options) ?? throw new DatasetException(
            folder,
            $"there is no split \"{split}\": expected {split}.json beside images/ (COCO), annotations/instances_{split}*.json, "
            + $"or Annotations/ with ImageSets/Main/{split}.txt (Pascal VOC); {Found(folder)}.");

    /// <summary>Opens a split, or null where the folder has none of that name.</summary>
    /// <typeparam name="TClass">The class enum.</typeparam>
    /// <param name="folder">The data set's folder.</param>
    /// <param name="split">train, val, test, or another name that files bear.</param>
    /// <param name="options">How strictly to read.</param>
    /// <exception cref="DatasetException">What is there is wrong.</exception>
    public static DetectionDataset<TClass>? TryOpen<TClass>(string folder, string split, DatasetOptions? options = null)
        where TClass : struct, Enum
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentException.ThrowIfNullOrEmpty(split);
        if (!Directory.Exists(folder))
        {
            throw new DatasetException(folder, "expected the data set's folder, found nothing there.");
        }

        if (CocoFile(folder, split) is { } json)
        {
            return CocoDataset<TClass>.Open(json, ImagesOf(folder, split, "images"), options);
        }

        var list = Path.Combine(folder, "ImageSets", "Main", $"{split}.txt");
        return File.Exists(list)
            ? VocDataset<TClass>.Open(Path.Combine(folder, "Annotations"), Path.Combine(folder, "JPEGImages"), list, Voc(options))
            : null;
    }

    private static string? CocoFile(string folder, string split)
    {
        var plain = Path.Combine(folder, $"{split}.json");
        if (File.Exists(plain))
        {
            return plain;
        }

        var annotations = Path.Combine(folder, "annotations");
        return Directory.Exists(annotations)
            ? Directory.EnumerateFiles(annotations, $"instances_{split}*.json").Order(StringComparer.Ordinal).FirstOrDefault()
            : null;
    }

    private static string ImagesOf(string folder, string split, string usual)
    {
        string[] candidates =
        [
            Path.Combine(folder, usual, split),
            .. Directory.EnumerateDirectories(folder, $"{split}*").Order(StringComparer.Ordinal),
            Path.Combine(folder, usual),
        ];
        return Array.Find(candidates, Directory.Exists) ?? folder;
    }

    private static VocOptions? Voc(DatasetOptions? options) => options is null ? null : new VocOptions
    {
        AllowMissingClasses = options.AllowMissingClasses,
        CheckImages = options.CheckImages,
        EdgeTolerance = options.EdgeTolerance,
        SkipUnknownCategories = options.SkipUnknownCategories,
        Warnings = options.Warnings,
    };

    private static string Found(string folder)
    {
        var names = Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal).Take(12).ToArray();
        return names.Length == 0 ? "the folder is empty" : $"found {string.Join(", ", names)}";
    }
}
