using System.Globalization;

namespace Fovea.Data.Reading;

/// <summary>
/// Reads YOLO's label files: for each picture a text of the same name, a line an object: class number, centre and size as shares of the
/// picture; or, of tools that segment or turn boxes, class number and the corners of a polygon, whose box is taken.
/// </summary>
internal sealed class YoloReader<TClass>
    where TClass : struct, Enum
{
    private const long MostBytes = 64L << 20;
    private readonly string name;
    private readonly string folder;
    private readonly IReadOnlyList<string> images;
    private readonly IReadOnlyDictionary<int, string> classes;
    private readonly AnnotationBuilder<TClass> builder;
    private long objects;

    /// <param name="name">How messages call the data set.</param>
    /// <param name="folder">To which pictures and labels are told relative.</param>
    /// <param name="images">Pictures, as paths that exist.</param>
    /// <param name="classes">Names by number.</param>
    /// <param name="options">How strictly to read.</param>
    public YoloReader(
        string name, string folder, IReadOnlyList<string> images, IReadOnlyDictionary<int, string> classes, DatasetOptions options)
    {
        (this.name, this.folder, this.images, this.classes) = (name, folder, images, classes);
        builder = new AnnotationBuilder<TClass>(name, folder, options);
    }

    public FileItems<TClass> Read()
    {
        foreach (var (_, c) in classes.OrderBy(c => c.Key))
        {
            builder.Classes.Declare(c);
        }

        var sizes = ImageHeaders.Read(images, builder.Problems);
        var items = new List<DatasetItem<TClass>>();
        var labelled = 0;
        for (var i = 0; i < images.Count; i++)
        {
            var found = new List<LabeledBox<TClass>>();
            var labels = YoloLabels.Of(images[i]);
            if (labels is not null)
            {
                labelled++;
                ReadLabels(labels, sizes[i] ?? (0, 0), found);
            }

            if (sizes[i] is var (width, height))
            {
                items.Add(new DatasetItem<TClass>(i + 1, images[i], width, height, [.. found]));
            }
        }

        if (labelled == 0 && images.Count > 0)
        {
            builder.Problems.Add(
                "labels", "a text file for each picture with objects, in labels/ where the picture is in images/, or beside it", "none at all",
                "correct the paths");
        }

        return builder.Build("names", listsAll: true, [.. items]);
    }

    private void ReadLabels(string file, (int Width, int Height) size, List<LabeledBox<TClass>> found)
    {
        var shown = Path.GetRelativePath(folder, file);
        string[] lines;
        try
        {
            lines = DataFile.Read(file, "labels", MostBytes).Length == 0 ? [] : DataFile.ReadLines(file, "labels");
        }
        catch (DatasetException e)
        {
            builder.Problems.AddOf("labels", e.Message);
            return;
        }

        for (var i = 0; i < lines.Length; i++)
        {
            if (!string.IsNullOrWhiteSpace(lines[i]))
            {
                ReadLine(lines[i], $"{shown}: line {i + 1}", size, found);
            }
        }
    }

    private void ReadLine(string line, string field, (int Width, int Height) size, List<LabeledBox<TClass>> found)
    {
        objects++;
        var columns = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var numbers = new double[columns.Length];
        for (var i = 0; i < columns.Length; i++)
        {
            if (!double.TryParse(columns[i], NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i]) || !double.IsFinite(
                numbers[i]))
            {
                builder.Problems.Add(field, "a class number and finite numbers", line);
                return;
            }
        }

        if (columns.Length != 5 && (columns.Length < 7 || columns.Length % 2 == 0))
        {
            builder.Problems.Add(
                field, "class x-centre y-centre width height, or class and the corners of a polygon",
                string.Create(CultureInfo.InvariantCulture, $"{columns.Length} columns: {line}"));
            return;
        }

        if (numbers[0] != Math.Floor(numbers[0]) || !classes.TryGetValue((int)Math.Clamp(numbers[0], -1, int.MaxValue), out var c))
        {
            builder.Problems.Add(field, $"a class number that {name} names", columns[0]);
            return;
        }

        var value = builder.Classes.Use(c);
        if (size.Width == 0)
        {
            return;
        }

        var (x1, y1, x2, y2) = EdgesOf(numbers.AsSpan(1));
        if (Math.Max(x2, y2) > 2)
        {
            builder.Problems.Add(field, "shares of the picture, 0 to 1", line, "are these pixels? Divide them by width and height");
        }
        else if (builder.CheckBox(field, line, x1 * size.Width, y1 * size.Height, x2 * size.Width, y2 * size.Height, size.Width, size.Height)
            is { } box && value is { } known)
        {
            found.Add(new LabeledBox<TClass>(known, box) { Id = objects });
        }
    }

    private static (double X1, double Y1, double X2, double Y2) EdgesOf(ReadOnlySpan<double> n)
    {
        if (n.Length == 4)
        {
            return (n[0] - (n[2] / 2), n[1] - (n[3] / 2), n[0] + (n[2] / 2), n[1] + (n[3] / 2));
        }

        var (x1, y1, x2, y2) = (n[0], n[1], n[0], n[1]);
        for (var i = 2; i < n.Length; i += 2)
        {
            (x1, y1, x2, y2) = (Math.Min(x1, n[i]), Math.Min(y1, n[i + 1]), Math.Max(x2, n[i]), Math.Max(y2, n[i + 1]));
        }

        return (x1, y1, x2, y2);
    }
}
