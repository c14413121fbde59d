using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace Fovea.Data;

/// <summary>Reads Pascal VOC's annotation files into items of the class enum.</summary>
internal sealed class VocReader<TClass>(string annotations, string images, string? split, VocOptions options)
    where TClass : struct, Enum
{
    private static readonly string[] Edges = ["xmin", "ymin", "xmax", "ymax"];
    private readonly AnnotationBuilder<TClass> builder = new(split ?? annotations, options);
    private readonly HashSet<string> categories = new(StringComparer.Ordinal);
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
        var known = ClassMap<TClass>.Instance;
        builder.CheckCategories("object.name", [.. categories.Union(known.Channels.Select(c => known.Names[c]!))]);
        builder.CheckImages(images, items.Select(i => i.Name));
        return builder.Build(images, [.. items]);
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
            return [.. Directory.EnumerateFiles(annotations, "*.xml").Select(f => Path.GetFileNameWithoutExtension(f))
                .Order(StringComparer.Ordinal)];
        }

        if (!File.Exists(split))
        {
            throw new DatasetException(split, "expected a list of image names, found no file of this name; correct the path.");
        }

        var names = new List<string>();
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        var number = 0;
        foreach (var line in File.ReadLines(split))
        {
            number++;
            var columns = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length == 0 || (columns.Length > 1 && columns[1] == "-1"))
            {
                continue;
            }

            if (lines.TryAdd(columns[0], number))
            {
                names.Add(columns[0]);
            }
            else
            {
                builder.Problems.Add($"line {number}", "each image once", $"'{columns[0]}', which line {lines[columns[0]]} has already");
            }
        }

        return names;
    }

    private DatasetItem<TClass>? ReadFile(string name, int id)
    {
        var path = Path.Combine(annotations, name + ".xml");
        var root = Load(path);
        if (root is null)
        {
            return null;
        }

        var image = Path.Combine(images, root.Element("filename")?.Value.Trim() is { Length: > 0 } written ? written : name + ".jpg");
        if (ReadSize(root, path, image) is not var (width, height))
        {
            return null;
        }

        var found = new List<LabeledBox<TClass>>();
        var index = -1;
        foreach (var element in root.Elements("object"))
        {
            index++;
            ReadObject(element, $"{Path.GetFileName(path)}: object[{index}]", width, height, found);
        }

        return new DatasetItem<TClass>(id, image, width, height, [.. found]);
    }

    private XElement? Load(string path)
    {
        var name = Path.GetFileName(path);
        if (!File.Exists(path))
        {
            builder.Problems.Add(name, $"an annotation file in {annotations}", "none of this name");
            return null;
        }

        try
        {
            using var reader = XmlReader.Create(path, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            var root = XDocument.Load(reader).Root!;
            if (root.Name.LocalName == "annotation")
            {
                return root;
            }

            builder.Problems.Add(name, "the root element <annotation>", $"<{root.Name.LocalName}>");
        }
        catch (XmlException e)
        {
            builder.Problems.Add(
                $"{name}: expected well-formed XML, found an error in line {e.LineNumber}, position {e.LinePosition}: {e.Message}");
        }

        return null;
    }

    private (int Width, int Height)? ReadSize(XElement root, string path, string image)
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
            return ImageFile.ReadSize(image);
        }

        builder.Problems.Add(
            $"{Path.GetFileName(path)}: size", "width and height from 1 to 65536 pixels",
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

        categories.Add(name);
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
        if (builder.CheckBox($"{field}.bndbox", written, edges[0] - shift, edges[1] - shift, edges[2], edges[3], width, height) is { } box
            && ClassMap<TClass>.Instance.TryFind(name, out var value))
        {
            var ignored = options.IgnoreDifficult && element.Element("difficult")?.Value.Trim() == "1";
            found.Add(new LabeledBox<TClass>(value, box, ignored) { Id = objects });
        }
    }

    private static bool TryNumber(XElement parent, string name, out double value)
    {
        value = double.NaN;
        return parent.Element(name) is { } e
            && double.TryParse(e.Value.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }
}
