namespace Fovea.App.Detecting;

/// <summary>
/// Where <c>detect</c> writes: each picture in files of its own, in the output folder as it lies in its own, and never over one.
/// </summary>
internal sealed class DetectTargets
{
    /// <summary>The folder that is written to where none is named.</summary>
    public const string StandardFolder = "out/detect";

    // Names that differ in upper and lower case are one file on Windows and macOS.
    private static readonly StringComparer Names = OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;

    private readonly IReadOnlyList<PictureSource> sources;
    private readonly HashSet<string> shared;
    private readonly string? onlyPicture;
    private readonly bool draws;

    /// <param name="sources">The pictures.</param>
    /// <param name="output">A folder, or of one picture the drawn one; null: <see cref="StandardFolder"/>.</param>
    /// <param name="draws">Whether pictures are drawn.</param>
    /// <param name="forms">What else is written.</param>
    /// <exception cref="ArgumentException">Something would be written over a picture, or several in one file.</exception>
    public DetectTargets(IReadOnlyList<PictureSource> sources, string? output, bool draws, IReadOnlyCollection<ResultForm> forms)
    {
        (this.sources, this.draws, Forms) = (sources, draws, forms);
        onlyPicture = IsPicture(output) ? output : null;
        Folder = FolderOf(output);
        if (onlyPicture is not null && sources.Count > 1)
        {
            throw new ArgumentException($"--out {output}: expected a folder for {sources.Count} pictures, found the name of one.");
        }

        shared = [.. sources.GroupBy(s => Path.ChangeExtension(s.Name, null), StringComparer.OrdinalIgnoreCase)
            .Where(g => g.Count() > 1).SelectMany(g => g).Select(s => s.Name)];
        KeepApart();
        var inputs = sources.Where(s => s.Path is not null).ToLookup(s => s.Path!, Names);
        foreach (var written in Enumerable.Range(0, sources.Count).SelectMany(i => new[] { DrawnOf(i), LabelsOf(i) }).OfType<string>())
        {
            if (inputs[Path.GetFullPath(written)].FirstOrDefault() is { } input)
            {
                throw new ArgumentException(
                    $"{written} would be written, but {input.Shown} is itself one of the pictures: leave that out, or name another --out.");
            }
        }
    }

    /// <summary>What else is written.</summary>
    public IReadOnlyCollection<ResultForm> Forms { get; }

    /// <summary>Takes everything.</summary>
    public string Folder { get; }

    /// <summary>Whether anything is written.</summary>
    public bool Writes => draws || Forms.Count > 0;

    /// <summary>The file of COCO's results.</summary>
    public string Coco => Path.Combine(Folder, "detections.json");

    /// <summary>The comma-separated file.</summary>
    public string Csv => Path.Combine(Folder, "detections.csv");

    /// <summary>The names of YOLO's class numbers.</summary>
    public string ClassNames => Path.Combine(Folder, "classes.txt");

    /// <summary>The folder that an <c>--out</c> means.</summary>
    public static string FolderOf(string? output) => output is null ? StandardFolder
        : !IsPicture(output) ? output
        : Path.GetDirectoryName(output) is { Length: > 0 } folder ? folder
        : ".";

    /// <summary>The file that a picture is drawn in; null: it is not drawn.</summary>
    public string? DrawnOf(int index) => draws ? onlyPicture ?? Path.Combine(Folder, Stem(index) + ".detections.png") : null;

    /// <summary>The file of a picture's YOLO labels; null: there are none.</summary>
    public string? LabelsOf(int index) => Forms.Contains(ResultForm.Yolo) ? Path.Combine(Folder, "labels", Stem(index) + ".txt") : null;

    /// <summary>
    /// Keeps extensions until no two pictures have the same files: <c>x.jpg</c>, which keeps its own beside <c>x.png</c>, has the name that
    /// <c>x.jpg.bmp</c> has without one.
    /// </summary>
    private void KeepApart()
    {
        if (!draws && !Forms.Contains(ResultForm.Yolo))
        {
            return;
        }

        while (Enumerable.Range(0, sources.Count).GroupBy(Stem, Names).Where(g => g.Count() > 1).ToArray() is { Length: > 0 } clashes)
        {
            var known = shared.Count;
            shared.UnionWith(clashes.SelectMany(g => g).Select(i => sources[i].Name));
            if (shared.Count == known)
            {
                var (first, second) = (clashes[0].First(), clashes[0].ElementAt(1));
                throw new ArgumentException(
                    $"{sources[first].Shown} and {sources[second].Shown} would both be written in {DrawnOf(first) ?? LabelsOf(first)}: "
                    + "rename one, or detect in them one by one, each with an --out of its own.");
            }
        }
    }

    private static bool IsPicture(string? output) => Path.GetExtension(output)?.ToUpperInvariant() is ".PNG" or ".JPG" or ".JPEG";

    /// <summary>The name without its extension, unless another picture's files would have the same.</summary>
    private string Stem(int index) =>
        shared.Contains(sources[index].Name) ? sources[index].Name : Path.ChangeExtension(sources[index].Name, null);
}
