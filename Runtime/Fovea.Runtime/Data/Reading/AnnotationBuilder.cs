using System.Collections.Immutable;

namespace Fovea.Data.Reading;

/// <summary>What the readers share: categories bound to the enum, boxes checked, images put together.</summary>
/// <param name="file">How messages call the data set.</param>
/// <param name="folder">The folder of the pictures.</param>
/// <param name="options">How strictly to read.</param>
internal sealed class AnnotationBuilder<TClass>(string file, string folder, DatasetOptions options)
    where TClass : struct, Enum
{
    private const double RoundingError = 1e-3;
    private readonly List<string> withoutArea = [];
    private readonly List<string> cut = [];
    private readonly List<string> notes = [];

    public DatasetProblems Problems { get; } = new(file);

    /// <summary>The names of classes.</summary>
    public ClassBinder<TClass> Classes { get; } = new(options);

    /// <summary>The pictures.</summary>
    public ImageNames Images { get; } = new(folder, options);

    /// <summary>Checks a box given by its edges. Null where it is not used: the reason is a problem or stands in the report.</summary>
    /// <param name="field">Where it stands in the file.</param>
    /// <param name="written">The numbers as the file has them, for messages.</param>
    /// <param name="x1">Left edge.</param>
    /// <param name="y1">Upper edge.</param>
    /// <param name="x2">Right edge.</param>
    /// <param name="y2">Lower edge.</param>
    /// <param name="width">Of the image.</param>
    /// <param name="height">Of the image.</param>
    public Box? CheckBox(string field, string written, double x1, double y1, double x2, double y2, int width, int height)
    {
        if (!double.IsFinite(x1) || !double.IsFinite(y1) || !double.IsFinite(x2) || !double.IsFinite(y2))
        {
            Problems.Add(field, "finite numbers", written);
            return null;
        }

        if (x2 < x1 || y2 < y1)
        {
            Problems.Add(field, "a width and height of at least 0", written, "correct or remove the annotation");
            return null;
        }

        var over = Math.Max(Math.Max(-x1, -y1), Math.Max(x2 - width, y2 - height));
        if (over > options.EdgeTolerance)
        {
            Problems.Add(
                field, $"a box inside the image of {width}×{height}", written,
                "correct or remove the annotation, or set EdgeTolerance to cut boxes at the edge");
            return null;
        }

        if (over > 0)
        {
            // What floating point alone does to x + width is not worth a report.
            if (over > RoundingError)
            {
                cut.Add(field);
            }

            (x1, y1, x2, y2) = (Math.Max(0, x1), Math.Max(0, y1), Math.Min(width, x2), Math.Min(height, y2));
        }

        var box = new Box((float)x1, (float)y1, (float)x2, (float)y2);
        if (!(box.X2 > box.X1) || !(box.Y2 > box.Y1))
        {
            withoutArea.Add(field);
            return null;
        }

        return box;
    }

    /// <summary>What a person should know.</summary>
    public void Note(string note) => notes.Add(note);

    /// <summary>The size in a picture's header, for annotations without sizes. Null where it cannot be read, which is a problem.</summary>
    public (int Width, int Height)? ReadSize(string image)
    {
        var (size, reason) = ImageHeaders.Read(image);
        if (reason is not null)
        {
            Problems.AddOf("header", reason);
        }

        return size;
    }

    /// <summary>Throws if there were problems, else puts the data set together and reports its warnings.</summary>
    /// <param name="field">Where the class names stand.</param>
    /// <param name="listsAll">Whether the data set lists its categories, so that a class without one is wrong.</param>
    /// <param name="items">The images.</param>
    public FileItems<TClass> Build(string field, bool listsAll, ImmutableArray<DatasetItem<TClass>> items)
    {
        Classes.Check(field, listsAll, Problems, notes);
        Images.Check(Problems, notes);
        if (items.IsEmpty && Problems.Count == 0)
        {
            Problems.Add("images", "at least one image", "none");
        }

        Problems.ThrowIfAny();
        return new FileItems<TClass>(file, folder, items, withoutArea, cut, notes);
    }
}

/// <summary>What a reader hands to its data set.</summary>
internal sealed record FileItems<TClass>(
    string File, string Folder, ImmutableArray<DatasetItem<TClass>> Items, IReadOnlyList<string> WithoutArea, IReadOnlyList<string> Cut,
    IReadOnlyList<string> Notes)
    where TClass : struct, Enum
{
    /// <summary>By channel, the ids that the file gives to the categories; empty where it names them alone.</summary>
    public IReadOnlyDictionary<int, long> Categories { get; init; } = ImmutableDictionary<int, long>.Empty;
}
