using Fovea.Data.Reading;

namespace Fovea.App.Data;

/// <summary>Pictures with YOLO's label files.</summary>
/// <param name="Split">Which.</param>
/// <param name="Where">For messages.</param>
/// <param name="Name">How messages call the data set.</param>
/// <param name="Root">The folder of the data set.</param>
/// <param name="Sources">Folders of pictures, and text files that list them.</param>
/// <param name="Names">Class names by number.</param>
internal sealed record YoloPart(
    string Split, string Where, string Name, string Root, IReadOnlyList<string> Sources, IReadOnlyDictionary<int, string> Names)
    : DataPart(Split, Where)
{
    public override DetectionDataset<TClass> Open<TClass>(DatasetOptions options)
    {
        var name = $"{Name} ({Split})";
        var problems = new DatasetProblems(name);
        var pictures = new List<string>();
        var notes = new List<string>();
        foreach (var source in Sources)
        {
            if (!options.AllowOutsidePaths && ImageNames.LeadsOut(Path.GetRelativePath(Root, source).Replace('\\', '/')))
            {
                problems.Add(
                    $"{Split}", $"a path inside the folder {Root}", source, "correct it, or allow it: AllowOutsidePaths, --allow-outside");
            }
            else if (Directory.Exists(source))
            {
                pictures.AddRange(YoloDataset<TClass>.PicturesIn(source));
            }
            else
            {
                ReadList(source, pictures, options, problems, notes);
            }
        }

        problems.ThrowIfAny();
        foreach (var note in notes)
        {
            options.Warnings?.Report($"{name}: {note}");
        }

        return YoloDataset<TClass>.Open(name, Root, [.. pictures.Distinct(StringComparer.Ordinal)], Names, options);
    }

    /// <summary>A line a picture; "./" is the list's own folder, other names are the data set's.</summary>
    private void ReadList(string list, List<string> pictures, DatasetOptions options, DatasetProblems problems, List<string> notes)
    {
        var own = Path.GetDirectoryName(Path.GetFullPath(list))!;
        var (beside, inside) = (new ImageNames(own, options), new ImageNames(Root, options));
        foreach (var line in DataFile.ReadLines(list, "a list of pictures"))
        {
            var written = line.Trim();
            if (written.Length > 0)
            {
                pictures.Add(written.StartsWith("./", StringComparison.Ordinal) ? beside.Find(written[2..]) : inside.Find(written));
            }
        }

        beside.Check(problems, notes);
        inside.Check(problems, notes);
    }
}
