using System.Globalization;
using System.Xml.Linq;

namespace Fovea.Data.Reading;

/// <summary>Reads Pascal VOC's annotation files into items of the class enum.</summary>
internal sealed class VocReader<TClass>(string annotations, string images, string? split, VocOptions options)
    where TClass : struct, Enum
{
    private static readonly string[] UsualExtensions = [".jpg", ".jpeg", ".png"];
    private static readonly string[] Edges = ["xmin", "ymin", "xmax", "ymax"];
    private readonly AnnotationBuilder<TClass> builder = new(split ?? annotations, images, options);
    private static readonly EnumerationOptions AnyCase = new() { MatchCasing = MatchCasing.CaseInsensitive };
    private long objects;

    public FileItems<TClass> Read()
    {
        var items = new List<DatasetItem<TClass>>();
        foreach (var name in Names())
        {
            if (ReadFile(name, items.Count + 1) is { } item)
            {
                items.Add(item);
            }
        }

        // VOC has no list of categories: a class that no object has is a warning of the report, not an error.
        return builder.Build("object.name", listsAll: false, [.. items]);
    }

    private List<string> Names()
    {
        if (!Directory.Exists(annotations))
        {
            throw new DatasetException(
                annotations, "expected a folder of VOC annotation files, found none of this name; correct the path.");
        }

        if (split is null)
        {
            var found = DataFile.Guard(annotations, () => Directory.EnumerateFiles(annotations, "*.xml", AnyCase).ToArray());
            return found.Length > 0 ? [.. found.Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)]
                : throw new DatasetException(
                    annotations, "expected VOC annotation files (*.xml), found none in this folder; correct the path.");
        }

        var names = new List<string>();
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        var number = 0;
        foreach (var line in DataFile.ReadLines(split, "a list of image names"))
        {
            number++;
            if (NameOf(line) is not { Length: > 0 } name)
            {
                continue;
            }

            if (ImageNames.LeadsOut(name) && !options.AllowOutsidePaths)
            {
                builder.Problems.Add(
                    $"line {number}", "a name inside the folder", name, "correct it, or allow it: AllowOutsidePaths, --allow-outside");
            }
            else if (lines.TryAdd(name, number))
            {
                names.Add(name + ".xml");
            }
            else
            {
                builder.Problems.Add($"line {number}", "each image once", $"'{name}', which line {lines[name]} has already");
            }
        }

        return names;
    }

    /// <summary>A line is a name, or a name and −1, 0 or 1: absent, difficult, present. Names may hold blanks.</summary>
    private static string? NameOf(string line)
    {
        var text = line.Trim();
        var mark = text.LastIndexOfAny([' ', '\t']);
        return mark > 0 && text[(mark + 1)..] is "-1" or "0" or "1"
            ? text.EndsWith("-1", StringComparison.Ordinal) ? null : text[..mark].TrimEnd()
            : text;
    }

    private DatasetItem<TClass>? ReadFile(string name, int id)
    {
        if (Load(name) is not { } root)
        {
            return null;
        }

        // Files are renamed and their XML is not: a picture of the XML's own name is what is meant where there is none of the written one.
        var stem = name[..^4];
        var own = Array.ConvertAll(UsualExtensions, e => stem + e);
        var image = root.Element("filename")?.Value.Trim() is { Length: > 0 } written
            ? builder.Images.Find(written, [written + ".jpg", written + ".png", .. own])
            : builder.Images.Find(own[0], own);
        var size = ReadSize(root, name, image);
        var (width, height) = size ?? (0, 0);
        var found = new List<LabeledBox<TClass>>();
        var index = -1;
        foreach (var element in root.Elements("object"))
        {
            index++;
            ReadObject(element, $"{name}: object[{index}]", width, height, found);
        }

        return size is null ? null : new DatasetItem<TClass>(id, image, width, height, [.. found]);
    }

    private XElement? Load(string name)
    {
        var path = Path.Combine(annotations, name);
        if (!File.Exists(path))
        {
            builder.Problems.Add(name, $"an annotation file in {annotations}", "none of this name");
            return null;
        }

        try
        {
            var root = DataXml.Load(path, out var problem);
            if (root is null)
            {
                builder.Problems.AddOf("XML", $"{name}: {problem}.");
            }
            else if (root.Name.LocalName != "annotation")
            {
                builder.Problems.Add(name, "the root element <annotation>", $"<{root.Name.LocalName}>");
                root = null;
            }

            return root;
        }
        catch (DatasetException e)
        {
            builder.Problems.AddOf("XML", e.Message);
            return null;
        }
    }

    private (int Width, int Height)? ReadSize(XElement root, string name, string image)
    {
        var size = root.Element("size");
        if (size is not null && TryNumber(size, "width", out var width) && TryNumber(size, "height", out var height)
            && width is >= 1 and <= 1 << 16 && height is >= 1 and <= 1 << 16 && width == Math.Floor(width) && height == Math.Floor(height))
        {
            return ((int)width, (int)height);
        }

        // Some tools write no size, or zeros: the image's header has it.
        var unwritten = size is null || (size.Element("width")?.Value.Trim() is "0" && size.Element("height")?.Value.Trim() is "0");
        if (unwritten && File.Exists(image))
        {
            return builder.ReadSize(image);
        }

        builder.Problems.Add(
            $"{name}: size", "width and height from 1 to 65536 pixels",
            size is null ? "nothing" : $"width '{size.Element("width")?.Value}', height '{size.Element("height")?.Value}'");
        return null;
    }

    private void ReadObject(XElement element, string field, int width, int height, List<LabeledBox<TClass>> found)
    {
        objects++;
        var name = element.Element("name")?.Value.Trim();
        if (string.IsNullOrEmpty(name))
        {
            builder.Problems.Add($"{field}.name", "a class name", "nothing");
            return;
        }

        var value = builder.Classes.Use(name);
        var bndbox = element.Element("bndbox");
        Span<double> edges = stackalloc double[4];
        for (var i = 0; i < 4; i++)
        {
            if (bndbox is null || !TryNumber(bndbox, Edges[i], out edges[i]))
            {
                builder.Problems.Add(
                    $"{field}.bndbox.{Edges[i]}", "a number", bndbox?.Element(Edges[i]) is { } wrong ? $"'{wrong.Value}'" : "nothing");
                return;
            }
        }

        var shift = options.Coordinates == VocCoordinates.PixelsFromOne ? 1 : 0;
        var written = string.Create(CultureInfo.InvariantCulture, $"[{edges[0]}, {edges[1]}, {edges[2]}, {edges[3]}]");
        if (width > 0
            && builder.CheckBox($"{field}.bndbox", written, edges[0] - shift, edges[1] - shift, edges[2], edges[3], width, height) is { } box
            && value is { } known)
        {
            var ignored = options.IgnoreDifficult && element.Element("difficult")?.Value.Trim() == "1";
            found.Add(new LabeledBox<TClass>(known, box, ignored) { Id = objects });
        }
    }

    private static bool TryNumber(XElement parent, string name, out double value)
    {
        value = double.NaN;
        return parent.Element(name) is { } e
            && double.TryParse(e.Value.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }
}
