using System.Globalization;
using System.Text.Json;

namespace Fovea.Data;

/// <summary>Reads COCO's annotation JSON into items of the class enum.</summary>
internal sealed class CocoReader<TClass>(string file, string folder, DatasetOptions options)
    where TClass : struct, Enum
{
    private readonly AnnotationBuilder<TClass> builder = new(file, options);
    private readonly Dictionary<long, int> imageById = [];
    private readonly Dictionary<long, (int Index, TClass? Class)> categoryById = [];
    private readonly List<Image> images = [];

    public FileItems<TClass> Read()
    {
        using var document = Parse();
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            builder.Problems.Add("$", "an object with images, categories and annotations", Kind(root));
            builder.Problems.ThrowIfAny();
        }

        ReadCategories(Section(root, "categories"));
        ReadImages(Section(root, "images"));
        ReadAnnotations(Section(root, "annotations"));
        return builder.Build(
            folder, [.. images.Select(i => new DatasetItem<TClass>(i.Id, i.Path, i.Width, i.Height, [.. i.Objects]))]);
    }

    private JsonDocument Parse()
    {
        if (!File.Exists(file))
        {
            throw new DatasetException(file, "expected COCO annotations, found no file of this name; correct the path.");
        }

        try
        {
            using var stream = File.OpenRead(file);
            return JsonDocument.Parse(stream);
        }
        catch (JsonException e)
        {
            throw new DatasetException(
                file, $"expected well-formed JSON, found an error in line {e.LineNumber + 1}, byte {e.BytePositionInLine}: {e.Message}", e);
        }
    }

    private JsonElement.ArrayEnumerator Section(JsonElement root, string name)
    {
        if (root.TryGetProperty(name, out var section) && section.ValueKind == JsonValueKind.Array)
        {
            return section.EnumerateArray();
        }

        builder.Problems.Add(
            name, "an array", root.TryGetProperty(name, out section) ? Kind(section) : "nothing",
            "is this an annotation file of COCO's form?");
        builder.Problems.ThrowIfAny();
        return default;
    }

    private void ReadCategories(JsonElement.ArrayEnumerator categories)
    {
        var names = new Dictionary<string, int>(StringComparer.Ordinal);
        var index = -1;
        foreach (var element in categories)
        {
            index++;
            var field = $"categories[{index}]";
            if (!IsObject(element, field) || !TryInteger(element, field, "id", out var id)
                || !TryText(element, field, "name", out var name))
            {
                continue;
            }

            if (!categoryById.TryAdd(id, (index, ClassMap<TClass>.Instance.TryFind(name, out var value) ? value : null)))
            {
                builder.Problems.Add(
                    $"{field}.id", "an id of its own", $"{id}, which is also that of categories[{categoryById[id].Index}]");
            }

            if (!names.TryAdd(name, index))
            {
                builder.Problems.Add($"{field}.name", "a name of its own", $"'{name}', which is also that of categories[{names[name]}]");
            }
        }

        builder.CheckCategories("categories", names.Keys);
    }

    private void ReadImages(JsonElement.ArrayEnumerator elements)
    {
        var index = -1;
        foreach (var element in elements)
        {
            index++;
            var field = $"images[{index}]";
            if (!IsObject(element, field) || !TryInteger(element, field, "id", out var id)
                || !TryText(element, field, "file_name", out var name)
                || !TrySize(element, field, "width", out var width) || !TrySize(element, field, "height", out var height))
            {
                continue;
            }

            if (!imageById.TryAdd(id, images.Count))
            {
                builder.Problems.Add(
                    $"{field}.id", "an id of its own", $"{id}, which is also that of images[{images[imageById[id]].Index}]");
                continue;
            }

            images.Add(new Image(index, id, Path.Combine(folder, name), width, height, []));
        }

        builder.CheckImages(folder, images.Select(i => i.Path));
    }

    private void ReadAnnotations(JsonElement.ArrayEnumerator annotations)
    {
        var ids = new Dictionary<long, int>();
        var index = -1;
        foreach (var element in annotations)
        {
            index++;
            var field = $"annotations[{index}]";
            if (IsObject(element, field))
            {
                ReadAnnotation(element, field, index, ids);
            }
        }
    }

    private void ReadAnnotation(JsonElement element, string field, int index, Dictionary<long, int> ids)
    {
        if (!TryInteger(element, field, "id", out var id) || !TryInteger(element, field, "image_id", out var imageId)
            || !TryInteger(element, field, "category_id", out var categoryId))
        {
            return;
        }

        if (!ids.TryAdd(id, index))
        {
            builder.Problems.Add($"{field}.id", "an id of its own", $"{id}, which is also that of annotations[{ids[id]}]");
            return;
        }

        if (!imageById.TryGetValue(imageId, out var image))
        {
            builder.Problems.Add($"{field}.image_id", "the id of an image", $"{imageId}, which no image has");
            return;
        }

        if (!categoryById.TryGetValue(categoryId, out var category))
        {
            builder.Problems.Add($"{field}.category_id", "the id of a category", $"{categoryId}, which no category has");
            return;
        }

        if (ReadBox(element, field, images[image]) is { } box && category.Class is { } value)
        {
            images[image].Objects.Add(
                new LabeledBox<TClass>(value, box, ReadFlag(element, "iscrowd")) { Id = id, Area = ReadArea(element, field) });
        }
    }

    private Box? ReadBox(JsonElement element, string field, Image image)
    {
        Span<double> numbers = stackalloc double[4];
        var valid = element.TryGetProperty("bbox", out var bbox) && bbox.ValueKind == JsonValueKind.Array && bbox.GetArrayLength() == 4;
        for (var i = 0; valid && i < 4; i++)
        {
            valid = bbox[i].ValueKind == JsonValueKind.Number && bbox[i].TryGetDouble(out numbers[i]);
        }

        if (!valid)
        {
            builder.Problems.Add(
                $"{field}.bbox", "four numbers [x, y, width, height]", bbox.ValueKind == JsonValueKind.Undefined ? "nothing" : Text(bbox));
            return null;
        }

        return builder.CheckBox(
            $"{field}.bbox", Text(bbox), numbers[0], numbers[1], numbers[0] + numbers[2], numbers[1] + numbers[3],
            image.Width, image.Height);
    }

    private double ReadArea(JsonElement element, string field)
    {
        if (!element.TryGetProperty("area", out var area))
        {
            return 0;
        }

        if (area.ValueKind == JsonValueKind.Number && area.TryGetDouble(out var value) && double.IsFinite(value) && value >= 0)
        {
            return value;
        }

        builder.Problems.Add($"{field}.area", "a number of at least 0", Text(area));
        return 0;
    }

    private static bool ReadFlag(JsonElement element, string name) =>
        element.TryGetProperty(name, out var flag)
        && (flag.ValueKind == JsonValueKind.True
            || (flag.ValueKind == JsonValueKind.Number && flag.TryGetDouble(out var number) && number != 0));

    private bool IsObject(JsonElement element, string field)
    {
        if (element.ValueKind == JsonValueKind.Object)
        {
            return true;
        }

        builder.Problems.Add(field, "an object", Text(element));
        return false;
    }

    private bool TryInteger(JsonElement element, string field, string name, out long value)
    {
        value = 0;
        if (element.TryGetProperty(name, out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt64(out value))
        {
            return true;
        }

        builder.Problems.Add($"{field}.{name}", "an integer", number.ValueKind == JsonValueKind.Undefined ? "nothing" : Text(number));
        return false;
    }

    private bool TrySize(JsonElement element, string field, string name, out int value)
    {
        value = 0;
        if (!TryInteger(element, field, name, out var number))
        {
            return false;
        }

        if (number is < 1 or > 1 << 16)
        {
            builder.Problems.Add($"{field}.{name}", "a size from 1 to 65536 pixels", number.ToString(CultureInfo.InvariantCulture));
            return false;
        }

        value = (int)number;
        return true;
    }

    private bool TryText(JsonElement element, string field, string name, out string value)
    {
        value = element.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "";
        if (value.Length > 0)
        {
            return true;
        }

        builder.Problems.Add($"{field}.{name}", "a text", text.ValueKind == JsonValueKind.Undefined ? "nothing" : Text(text));
        return false;
    }

    private static string Kind(JsonElement element) => $"a JSON {element.ValueKind.ToString().ToLowerInvariant()}";

    private static string Text(JsonElement element)
    {
        var text = element.GetRawText();
        return text.Length <= 80 ? text : string.Concat(text.AsSpan(0, 77), "…");
    }

    private sealed record Image(int Index, long Id, string Path, int Width, int Height, List<LabeledBox<TClass>> Objects);
}
