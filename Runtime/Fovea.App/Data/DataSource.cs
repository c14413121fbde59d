using Fovea.Data.Reading;

namespace Fovea.App.Data;

/// <summary>What <c>--data</c> names, recognised: its form and its parts.</summary>
/// <param name="Path">As given.</param>
/// <param name="Form">"COCO", "YOLO", ….</param>
/// <param name="Parts">What can be opened, at least one.</param>
internal sealed record DataSource(string Path, string Form, IReadOnlyList<DataPart> Parts)
{
    private static readonly IDataForm[] Forms = [new YoloYamlForm(), new CocoForm(), new VocForm(), new CsvForm(), new LabelMeForm(), new YoloFolderForm()];

    /// <summary>Recognises a folder or a file.</summary>
    /// <exception cref="DatasetException">It is not there, or of no known form; the message says what was looked for.</exception>
    public static DataSource Recognize(string path) => DataFile.Guard(path, () =>
    {
        if (Directory.Exists(path))
        {
            return Forms.Select(f => f.InFolder(path)).FirstOrDefault(f => f is not null) ?? throw Unknown(path, Found(path));
        }

        if (!File.Exists(path))
        {
            throw new DatasetException(
                path, "expected a data set (a folder, or its data.yaml, JSON or CSV file), found nothing there; correct the path.");
        }

        return Forms.Select(f => f.OfFile(path)).FirstOrDefault(f => f is not null) ?? throw Unknown(path, "found another file");
    });

    /// <summary>One line: "COCO: train (train.json), val (val.json)".</summary>
    public override string ToString()
    {
        var parts = string.Join(", ", Parts.Select(p => p.Split == SplitNames.All ? p.Where : $"{p.Split} ({p.Where})"));
        return IsDivided
            ? $"{Form}: {parts}"
            : $"{Form}: {parts}; not divided: a fifth of its pictures, chosen by their names, is val, the rest is train";
    }

    /// <summary>What <see cref="Find"/> finds, for messages: "train (train.json), val (val.json)".</summary>
    public string Splits => IsDivided
        ? string.Join(", ", Parts.Select(p => $"{p.Split} ({p.Where})"))
        : $"{SplitNames.Train}, {SplitNames.Validation} (a fifth of the pictures, chosen by their names) and "
            + $"{SplitNames.All} ({Parts[0].Where})";

    /// <summary>Whether it has splits of its own.</summary>
    public bool IsDivided => Parts is not [{ Split: SplitNames.All }];

    /// <summary>A part by name; null where there is none.</summary>
    public DataPart? Find(string split)
    {
        var name = SplitNames.Canonical(split);
        if (Parts.FirstOrDefault(p => p.Split == name) is { } part)
        {
            return part;
        }

        return !IsDivided && name is SplitNames.Train or SplitNames.Validation ? new DividedPart(name, Parts[0]) : null;
    }

    private static DatasetException Unknown(string path, string found) => new(
        path, $"expected a data set of a known form, {found}. Looked for:{string.Concat(Forms.Select(f => $"\n  {f.LookedFor}"))}");

    private static string Found(string folder)
    {
        var names = Directory.EnumerateFileSystemEntries(folder).Take(1000).Select(System.IO.Path.GetFileName).OfType<string>()
            .Order(StringComparer.Ordinal).ToArray();
        return names.Length == 0 ? "found an empty folder" : $"found {DatasetProblems.Quote(names, 12)}";
    }
}

/// <summary>A form in which data sets come.</summary>
internal interface IDataForm
{
    /// <summary>What makes a folder or file of this form, one line for a person.</summary>
    string LookedFor { get; }

    /// <summary>A folder of this form, or null.</summary>
    DataSource? InFolder(string folder);

    /// <summary>A file of this form, or null.</summary>
    DataSource? OfFile(string file);
}
