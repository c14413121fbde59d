using System.Globalization;
using System.Text.Json;

namespace Fovea.Data.Reading;

/// <summary>
/// Reads LabelMe's annotation files, a JSON beside each picture: rectangles as they are, of polygons and circles the box around them.
/// Points and
/// lines have none and are left out, with a note.
/// </summary>
/// <remarks>Source: github.com/wkentaro/labelme.</remarks>
internal sealed class LabelMeReader<TClass>(string folder, DatasetOptions options)
    where TClass : struct, Enum
{
    private static readonly EnumerationOptions AnyCase = new() { MatchCasing = MatchCasing.CaseInsensitive };
    private static readonly string[] UsualExtensions = [".jpg", ".jpeg", ".png"];
    private readonly AnnotationBuilder<TClass> builder = new(folder, folder, options);
    private readonly SortedDictionary<string, int> leftOut = new(StringComparer.Ordinal);
    private long objects;

    public FileItems<TClass> Read()
    {
        if (!Directory.Exists(folder))
        {
            throw new DatasetException(folder, "expected a folder of LabelMe annotation files, found none of this name; correct the path.");
        }

        var items = new List<DatasetItem<TClass>>();
        foreach (var file in Directory.EnumerateFiles(folder, "*.json", AnyCase).Order(StringComparer.Ordinal))
        {
            try
            {
                using var document = DataJson.Parse(file, "a LabelMe annotation file");
                if (ReadFile(document.RootElement, Path.GetFileName(file), items.Count + 1) is { } item)
                {
                    items.Add(item);
                }
            }
            catch (DatasetException e)
            {
                builder.Problems.AddOf("JSON", e.Message);
            }
        }

        foreach (var (kind, count) in leftOut)
        {
            builder.Note(string.Create(CultureInfo.InvariantCulture, $"{count} shapes of kind '{kind}' left out: they have no box."));
        }

        return builder.Build("shapes.label", listsAll: false, [.. items]);
    }

    private DatasetItem<TClass>? ReadFile(JsonElement root, string name, int id)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("shapes", out var shapes) || shapes.ValueKind != JsonValueKind.Array)
        {
            builder.Problems.Add($"{name}: shapes", "an array", root.ValueKind == JsonValueKind.Object ? "nothing" : DataJson.Kind(root));
            return null;
        }

        var stem = name[..^5];
        var own = Array.ConvertAll(UsualExtensions, e => stem + e);
        var written = root.TryGetProperty("imagePath", out var path) && path.ValueKind == JsonValueKind.String ? path.GetString()! : "";
        var image = written.Length > 0 ? builder.Images.Find(written, own) : builder.Images.Find(own[0], own);
        var (width, height) = (Size(root, "imageWidth"), Size(root, "imageHeight"));
        if ((width == 0 || height == 0) && File.Exists(image))
        {
            (width, height) = builder.ReadSize(image) ?? (0, 0);
        }
        else if (width == 0 || height == 0)
        {
            builder.Problems.Add($"{name}: imageWidth", "a size from 1 to 65536 pixels", "none");
        }

        var found = new List<LabeledBox<TClass>>();
        var index = -1;
        foreach (var shape in shapes.EnumerateArray())
        {
            index++;
            ReadShape(shape, $"{name}: shapes[{index}]", width, height, found);
        }

        return width == 0 || height == 0 ? null : new DatasetItem<TClass>(id, image, width, height, [.. found]);
    }

    private static int Size(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var size)
        && size is >= 1 and <= 1 << 16 ? size : 0;

    private void ReadShape(JsonElement shape, string field, int width, int height, List<LabeledBox<TClass>> found)
    {
        objects++;
        if (shape.ValueKind != JsonValueKind.Object || !shape.TryGetProperty("label", out var label) || label.ValueKind != JsonValueKind.String
            || label.GetString() is not { Length: > 0 } name)
        {
            builder.Problems.Add($"{field}.label", "a class name", "nothing");
            return;
        }

        var kind = shape.TryGetProperty("shape_type", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString()! : "polygon";
        if (kind is not ("rectangle" or "polygon" or "circle"))
        {
            leftOut[DataFile.Shorten(kind, 40)] = leftOut.GetValueOrDefault(DataFile.Shorten(kind, 40)) + 1;
            return;
        }

        var value = builder.Classes.Use(name);
        if (PointsOf(shape) is not { } points || points.Count < (kind == "polygon" ? 3 : 2))
        {
            builder.Problems.Add(
                $"{field}.points", "points [x, y] of the shape", shape.TryGetProperty("points", out var p) ? DataJson.Text(p) : "nothing");
            return;
        }

        var (x1, x2) = (points.Min(p => p.X), points.Max(p => p.X));
        var (y1, y2) = (points.Min(p => p.Y), points.Max(p => p.Y));
        if (kind == "circle")
        {
            var (centre, edge) = (points[0], points[1]);
            var radius = double.Hypot(edge.X - centre.X, edge.Y - centre.Y);
            (x1, y1, x2, y2) = (centre.X - radius, centre.Y - radius, centre.X + radius, centre.Y + radius);
        }

        var text = string.Create(CultureInfo.InvariantCulture, $"[{x1}, {y1}, {x2}, {y2}]");
        if (width > 0 && height > 0
            && builder.CheckBox($"{field}.points", text, x1, y1, x2, y2, width, height) is { } box && value is { } known)
        {
            found.Add(new LabeledBox<TClass>(known, box) { Id = objects });
        }
    }

    private static List<(double X, double Y)>? PointsOf(JsonElement shape)
    {
        if (!shape.TryGetProperty("points", out var points) || points.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var result = new List<(double X, double Y)>();
        foreach (var point in points.EnumerateArray())
        {
            if (point.ValueKind != JsonValueKind.Array || point.GetArrayLength() != 2
                || point[0].ValueKind != JsonValueKind.Number || !point[0].TryGetDouble(out var x)
                || point[1].ValueKind != JsonValueKind.Number || !point[1].TryGetDouble(out var y))
            {
                return null;
            }

            result.Add((x, y));
        }

        return result;
    }
}
