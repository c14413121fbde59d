using System.Globalization;
using System.Text.Json;

namespace Fovea.Data.Reading;

/// <summary>Reads COCO's annotation JSON into items of the class enum.</summary>
internal sealed class CocoReader<TClass>(string file, string folder, DatasetOptions options)
    where TClass : struct, Enum
{
    private readonly AnnotationBuilder<TClass> builder = new(file, folder, options);
    private readonly Dictionary<long, int> imageById = [];
    private readonly Dictionary<long, (int Index, string? Name)> categoryById = [];
    private readonly List<Image> images = [];

    // Whether every entry's id is known: if not, a reference that leads nowhere is a consequence, and is not told.
    private bool allImages = true;
    private bool allCategories = true;

    public FileItems<TClass> Read()
    {
        using var document = DataJson.Parse(file, "COCO annotations");
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            builder.Problems.Add("$", "an object with images, categories and annotations", DataJson.Kind(root));
            builder.Problems.ThrowIfAny();
        }

        var (categories, images, annotations) = (Section(root, "categories"), Section(root, "images"), Section(root, "annotations"));
        builder.Problems.ThrowIfAny();
        ReadCategories(categories);
        ReadImages(images);
        ReadAnnotations(annotations);
        return builder.Build(
            "categories", listsAll: allCategories,
            [.. this.images.Select(i => new DatasetItem<TClass>(i.Id, i.Path, i.Width, i.Height, [.. i.Objects]))]) with
        {
            Categories = CategoriesByChannel(),
        };
    }

    /// <summary>Of several categories that are taken for one class, the first.</summary>
    private Dictionary<int, long> CategoriesByChannel()
    {
        var byChannel = new Dictionary<int, long>();
        foreach (var (id, (_, name)) in categoryById.OrderBy(c => c.Value.Index))
        {
            if (name is not null && builder.Classes.ClassOf(name) is { } found)
            {
                byChannel.TryAdd(ClassMap<TClass>.Instance.ChannelOf(found), id);
            }
        }

        return byChannel;
    }

    private JsonElement.ArrayEnumerator Section(JsonElement root, string name)
    {
        if (root.TryGetProperty(name, out var section) && section.ValueKind == JsonValueKind.Array)
        {
            return section.EnumerateArray();
        }

        builder.Problems.Add(
            name, "an array", root.TryGetProperty(name, out section) ? DataJson.Kind(section) : "nothing",
            "is this an annotation file of COCO's form?");
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
            if (!IsObject(element, field) || !TryInteger(element, field, "id", out var id))
            {
                allCategories = false;
                continue;
            }

            var hasName = TryText(element, field, "name", out var name);
            allCategories &= hasName;
            if (!categoryById.TryAdd(id, (index, hasName ? name : null)))
            {
                builder.Problems.Add(
                    $"{field}.id", "an id of its own", $"{id}, which is also that of categories[{categoryById[id].Index}]");
            }

            if (!hasName)
            {
                continue;
            }

            builder.Classes.Declare(name);
            if (!names.TryAdd(name, index))
            {
                builder.Problems.Add($"{field}.name", "a name of its own", $"'{name}', which is also that of categories[{names[name]}]");
            }
        }
    }

    private void ReadImages(JsonElement.ArrayEnumerator elements)
    {
        var index = -1;
        foreach (var element in elements)
        {
            index++;
            var field = $"images[{index}]";
            if (!IsObject(element, field) || !TryInteger(element, field, "id", out var id))
            {
                allImages = false;
                continue;
            }

            if (!imageById.TryAdd(id, images.Count))
            {
                builder.Problems.Add(
                    $"{field}.id", "an id of its own", $"{id}, which is also that of images[{images[imageById[id]].Index}]");
                continue;
            }

            // An image with a mistake keeps its id: what belongs to it is not wrong as well. All its mistakes are told.
            var valid = TryText(element, field, "file_name", out var name);
            valid &= TrySize(element, field, "width", out var width);
            valid &= TrySize(element, field, "height", out var height);
            images.Add(new Image(index, id, name.Length > 0 ? builder.Images.Find(name) : "", valid ? width : 0, height, []));
        }
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
            if (!allImages)
            {
                return;
            }

            builder.Problems.Add($"{field}.image_id", "the id of an image", $"{imageId}, which no image has");
            return;
        }

        if (!categoryById.TryGetValue(categoryId, out var category))
        {
            if (!allCategories)
            {
                return;
            }

            builder.Problems.Add($"{field}.category_id", "the id of a category", $"{categoryId}, which no category has");
            return;
        }

        var value = category.Name is { } name ? builder.Classes.Use(name) : null;
        if (images[image].Width == 0)
        {
            return;
        }

        if (ReadBox(element, field, images[image]) is { } box && value is { } found)
        {
            images[image].Objects.Add(
                new LabeledBox<TClass>(found, box, ReadFlag(element, "iscrowd")) { Id = id, Area = ReadArea(element, field) });
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
            // Tools that segment may write the mask alone.
            if (bbox.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null && element.TryGetProperty("segmentation", out var mask)
                && CocoMask.BoundsOf(mask) is var (x1, y1, x2, y2))
            {
                return builder.CheckBox($"{field}.segmentation", DataJson.Text(mask), x1, y1, x2, y2, image.Width, image.Height);
            }

            builder.Problems.Add($"{field}.bbox", "four numbers [x, y, width, height]", DataJson.Text(bbox));
            return null;
        }

        return builder.CheckBox(
            $"{field}.bbox", DataJson.Text(bbox), numbers[0], numbers[1], numbers[0] + numbers[2], numbers[1] + numbers[3],
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

        builder.Problems.Add($"{field}.area", "a number of at least 0", DataJson.Text(area));
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

        builder.Problems.Add(field, "an object", DataJson.Text(element));
        return false;
    }

    private bool TryInteger(JsonElement element, string field, string name, out long value)
    {
        value = 0;
        if (element.TryGetProperty(name, out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt64(out value))
        {
            return true;
        }

        builder.Problems.Add($"{field}.{name}", "an integer", DataJson.Text(number));
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

        builder.Problems.Add($"{field}.{name}", "a text", DataJson.Text(text));
        return false;
    }

    private sealed record Image(int Index, long Id, string Path, int Width, int Height, List<LabeledBox<TClass>> Objects);
}
