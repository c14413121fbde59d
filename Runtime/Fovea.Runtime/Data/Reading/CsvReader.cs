using System.Globalization;

namespace Fovea.Data.Reading;

/// <summary>
/// Reads comma-separated annotations, a row an object: keras-retinanet's (path, x1, y1, x2, y2, class without a head line; a picture
/// without
/// objects has a row of empty columns) and those with a head line (filename, width, height, class, xmin, ymin, xmax, ymax in any order).
/// </summary>
/// <remarks>Source: github.com/fizyr/keras-retinanet, "CSV datasets".</remarks>
internal sealed class CsvReader<TClass>(string file, string folder, string? classFile, DatasetOptions options)
    where TClass : struct, Enum
{
    private static readonly string[] Edges = ["x1", "y1", "x2", "y2"];
    private readonly AnnotationBuilder<TClass> builder = new(file, folder, options);
    private readonly Dictionary<string, Image> byName = new(StringComparer.Ordinal);
    private readonly List<Image> images = [];
    private HashSet<string>? declared;

    public FileItems<TClass> Read()
    {
        ReadClasses();
        var rows = CsvTable.Read(file, "comma-separated annotations", builder.Problems);
        var columns = ColumnsOf(rows);
        var read = new List<(Image Image, Row Row)>();
        foreach (var (line, values) in rows.Skip(columns.HasHead ? 1 : 0))
        {
            if (ReadRow(line, values, columns) is var (image, row))
            {
                read.Add((image, row));
            }
        }

        // Headers are read when all names are known, and only of pictures that are there.
        var present = images.Where(i => File.Exists(i.Path)).ToArray();
        var sizes = ImageHeaders.Read([.. present.Select(i => i.Path)], builder.Problems);
        for (var i = 0; i < present.Length; i++)
        {
            present[i].Size = sizes[i];
        }

        foreach (var (image, row) in read)
        {
            AddObject(image, row);
        }

        return builder.Build(
            "class", listsAll: declared is not null,
            [.. images.Where(i => i.Size is not null)
                .Select(i => new DatasetItem<TClass>(i.Id, i.Path, i.Size!.Value.Width, i.Size.Value.Height, [.. i.Objects]))]);
    }

    private void ReadClasses()
    {
        if (classFile is null)
        {
            return;
        }

        declared = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (line, values) in CsvTable.Read(classFile, "class names with their numbers", builder.Problems))
        {
            if (values.Length != 2 || !int.TryParse(values[1], NumberStyles.Integer, CultureInfo.InvariantCulture, out _))
            {
                builder.Problems.Add($"{Path.GetFileName(classFile)}: line {line}", "name,number", string.Join(',', values));
            }
            else if (declared.Add(values[0]))
            {
                builder.Classes.Declare(values[0]);
            }
        }
    }

    private static Columns ColumnsOf(List<(long Line, string[] Columns)> rows)
    {
        if (rows.Count == 0)
        {
            return Columns.Keras;
        }

        var head = rows[0].Columns.Select(c => c.Trim().TrimStart('\uFEFF').ToLowerInvariant()).ToArray();
        int Of(params string[] names) => Array.FindIndex(head, h => names.Contains(h));
        var columns = new Columns(
            Of("filename", "file_name", "image", "image_path", "path", "image_id"), Of("xmin", "x1", "x_min"), Of("ymin", "y1", "y_min"),
            Of("xmax", "x2", "x_max"), Of("ymax", "y2", "y_max"), Of("class", "class_name", "label", "name"), HasHead: true);
        return columns is { Name: >= 0, X1: >= 0, Y1: >= 0, X2: >= 0, Y2: >= 0, Class: >= 0 } ? columns : Columns.Keras;
    }

    private (Image Image, Row Row)? ReadRow(long line, string[] values, Columns columns)
    {
        var field = $"line {line}";
        if (values.Length <= columns.Last || (!columns.HasHead && values.Length != 6) || values[columns.Name].Length == 0)
        {
            builder.Problems.Add(
                field, columns.HasHead ? "the columns of the head line, with a picture's name" : "path,x1,y1,x2,y2,class", string.Join(',', values));
            return null;
        }

        var name = values[columns.Name];
        if (!byName.TryGetValue(name, out var image))
        {
            byName[name] = image = new Image(images.Count + 1, builder.Images.Find(name));
            images.Add(image);
        }

        string[] edges = [values[columns.X1], values[columns.Y1], values[columns.X2], values[columns.Y2]];
        if (edges.All(e => e.Length == 0) && values[columns.Class].Length == 0)
        {
            return null;
        }

        var row = new Row(line, new double[4], string.Join(',', edges), null);
        for (var i = 0; i < 4; i++)
        {
            if (!double.TryParse(edges[i], NumberStyles.Float, CultureInfo.InvariantCulture, out row.Edges[i]))
            {
                builder.Problems.Add($"{field}: {Edges[i]}", "a number", $"'{edges[i]}'");
                return null;
            }
        }

        var c = values[columns.Class];
        if (c.Length == 0 || declared?.Contains(c) == false)
        {
            builder.Problems.Add(
                $"{field}: class", declared is null ? "a class name" : $"a name of {Path.GetFileName(classFile)}", $"'{c}'");
            return null;
        }

        return (image, row with { Class = builder.Classes.Use(c) });
    }

    private void AddObject(Image image, Row row)
    {
        if (image.Size is var (width, height)
            && builder.CheckBox(
                $"line {row.Line}", $"[{row.Written}]", row.Edges[0], row.Edges[1], row.Edges[2], row.Edges[3], width, height)
                is { } box
            && row.Class is { } known)
        {
            image.Objects.Add(new LabeledBox<TClass>(known, box) { Id = row.Line });
        }
    }

    private sealed record Columns(int Name, int X1, int Y1, int X2, int Y2, int Class, bool HasHead)
    {
        public static Columns Keras { get; } = new(0, 1, 2, 3, 4, 5, HasHead: false);

        public int Last => Math.Max(Math.Max(Math.Max(Name, X1), Math.Max(Y1, X2)), Math.Max(Y2, Class));
    }

    private sealed record Row(long Line, double[] Edges, string Written, TClass? Class);

    private sealed class Image(int id, string path)
    {
        public int Id => id;

        public string Path => path;

        public (int Width, int Height)? Size { get; set; }

        public List<LabeledBox<TClass>> Objects { get; } = [];
    }
}
