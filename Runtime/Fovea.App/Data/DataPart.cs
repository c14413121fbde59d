namespace Fovea.App.Data;

/// <summary>A part of a data set that was recognised: it can be opened for any class enum.</summary>
/// <param name="Split">train, val, test, or the name that files bear; <see cref="SplitNames.All"/> for a set that is not divided.</param>
/// <param name="Where">Where it stands, relative to the data set, for messages.</param>
internal abstract record DataPart(string Split, string Where)
{
    /// <summary>Reads and checks it.</summary>
    public abstract DetectionDataset<TClass> Open<TClass>(DatasetOptions options)
        where TClass : struct, Enum;
}

/// <summary>COCO's JSON.</summary>
internal sealed record CocoPart(string Split, string Where, string Annotations, string Images) : DataPart(Split, Where)
{
    public override DetectionDataset<TClass> Open<TClass>(DatasetOptions options) => CocoDataset<TClass>.Open(Annotations, Images, options);
}

/// <summary>Pascal VOC's XML files, all of a folder or those that a list names.</summary>
internal sealed record VocPart(string Split, string Where, string Annotations, string Images, string? List) : DataPart(Split, Where)
{
    public override DetectionDataset<TClass> Open<TClass>(DatasetOptions options) => VocDataset<TClass>.Open(
        Annotations, Images, List, options as VocOptions ?? new VocOptions
        {
            AllowMissingClasses = options.AllowMissingClasses,
            AllowOutsidePaths = options.AllowOutsidePaths,
            CheckImages = options.CheckImages,
            EdgeTolerance = options.EdgeTolerance,
            ImageLimits = options.ImageLimits,
            SkipUnknownCategories = options.SkipUnknownCategories,
            Warnings = options.Warnings,
        });
}

/// <summary>Comma-separated rows.</summary>
internal sealed record CsvPart(string Split, string Where, string Annotations, string Images, string? Classes) : DataPart(Split, Where)
{
    public override DetectionDataset<TClass> Open<TClass>(DatasetOptions options) =>
        CsvDataset<TClass>.Open(Annotations, Images, Classes, options);
}

/// <summary>LabelMe's JSON files.</summary>
internal sealed record LabelMePart(string Split, string Where, string Folder) : DataPart(Split, Where)
{
    public override DetectionDataset<TClass> Open<TClass>(DatasetOptions options) => LabelMeDataset<TClass>.Open(Folder, options);
}

/// <summary>A fifth of a data set that is not divided, for measuring, or the rest of it, for training.</summary>
/// <param name="Split">train or val.</param>
/// <param name="Whole">The data set.</param>
internal sealed record DividedPart(string Split, DataPart Whole) : DataPart(Split, Whole.Where)
{
    public override DetectionDataset<TClass> Open<TClass>(DatasetOptions options)
    {
        var whole = Whole.Open<TClass>(options);

        // By a hash of each picture's name: pictures that are added later move few others from one part to the other.
        var order = Enumerable.Range(0, whole.Count).Select(i => (Index: i, Name: Path.GetFileNameWithoutExtension(whole[i].Name)))
            .OrderBy(p => Hash(p.Name)).ThenBy(p => p.Name, StringComparer.Ordinal).ThenBy(p => p.Index).Select(p => p.Index).ToArray();
        var measured = whole.Count < 2 ? 0 : Math.Max(1, (whole.Count + 2) / 5);
        var chosen = Split == SplitNames.Validation ? order.Take(measured) : order.Skip(measured);
        return whole.Subset(chosen.Order());
    }

    /// <summary>FNV-1a over UTF-16 units: the same on every machine.</summary>
    private static uint Hash(string text)
    {
        var hash = 2166136261;
        foreach (var c in text)
        {
            hash = (hash ^ c) * 16777619;
        }

        // The last characters alone differ in numbered names; this spreads them over all bits.
        hash ^= hash >> 16;
        hash *= 0x85ebca6b;
        return hash ^ (hash >> 13);
    }
}
