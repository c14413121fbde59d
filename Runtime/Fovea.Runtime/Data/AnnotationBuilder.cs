using System.Collections.Immutable;
using System.Globalization;

namespace Fovea.Data;

/// <summary>What the readers share: categories bound to the enum, boxes checked, images put together.</summary>
internal sealed class AnnotationBuilder<TClass>(string file, DatasetOptions options)
    where TClass : struct, Enum
{
    private const double RoundingError = 1e-3;
    private static readonly ClassMap<TClass> Classes = ClassMap<TClass>.Instance;
    private readonly List<string> withoutArea = [];
    private readonly List<string> cut = [];

    public DatasetProblems Problems { get; } = new(file);

    public IReadOnlyList<string> WithoutArea => withoutArea;

    public IReadOnlyList<string> Cut => cut;

    /// <summary>Compares the data set's category names with the enum: unknown and missing ones in one error.</summary>
    public void CheckCategories(string field, IReadOnlyCollection<string> categories)
    {
        string[] unknown = options.SkipUnknownCategories
            ? []
            : [.. categories.Where(c => !Classes.TryFind(c, out _)).Order(StringComparer.Ordinal)];
        string[] missing = options.AllowMissingClasses
            ? []
            : [.. Classes.Channels.Select(c => Classes.Names[c]!).Where(n => !categories.Contains(n))];
        if (unknown.Length == 0 && missing.Length == 0)
        {
            return;
        }

        var parts = new List<string>();
        if (unknown.Length > 0)
        {
            parts.Add($"categories without a member of {typeof(TClass).Name}: {Quote(unknown)} "
                + "(add members, with [ClassName(\"…\")] where the name is no identifier, or set SkipUnknownCategories)");
        }

        if (missing.Length > 0)
        {
            parts.Add($"members of {typeof(TClass).Name} without a category: {Quote(missing)} "
                + "(correct the name with [ClassName(\"…\")], or set AllowMissingClasses)");
        }

        Problems.Add($"{field}: expected the classes of {typeof(TClass).Name}; {string.Join("; ", parts)}.");
    }

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

    /// <summary>Adds a problem where an image file is missing; one problem for all of them.</summary>
    public void CheckImages(string folder, IEnumerable<string> paths)
    {
        if (!options.CheckImages)
        {
            return;
        }

        var missing = paths.Where(p => !File.Exists(p)).Select(p => Path.GetRelativePath(folder, p)).ToArray();
        if (missing.Length > 0)
        {
            Problems.Add(
                $"images: expected every image in the folder {folder}, {missing.Length} are not there: {Quote([.. missing.Take(5)])}"
                + $"{(missing.Length > 5 ? ", …" : "")}; correct the folder or remove the images from the annotations.");
        }
    }

    /// <summary>Throws if there were problems, else puts the data set together and reports its warnings.</summary>
    public FileItems<TClass> Build(string folder, ImmutableArray<DatasetItem<TClass>> items)
    {
        Problems.ThrowIfAny();
        return new FileItems<TClass>(file, folder, items, withoutArea, cut);
    }

    private static string Quote(IReadOnlyCollection<string> names) =>
        string.Join(", ", names.Select(n => string.Create(CultureInfo.InvariantCulture, $"'{n}'")));
}

/// <summary>What a reader hands to its data set.</summary>
internal sealed record FileItems<TClass>(
    string File, string Folder, ImmutableArray<DatasetItem<TClass>> Items, IReadOnlyList<string> WithoutArea, IReadOnlyList<string> Cut)
    where TClass : struct, Enum;
