using System.Text.Json;
using Fovea.Files;

namespace Fovea;

/// <summary>Writes a data set in COCO's form, for other tools or to read it again.</summary>
public static class CocoWriter
{
    /// <summary>Writes <c>annotations</c> and the pictures as PNG files. The JSON file is replaced only when it is complete.</summary>
    /// <param name="dataset">What to write. Categories get the classes' channel + 1 as id, since 0 is uncommon there.</param>
    /// <param name="annotations">The JSON file.</param>
    /// <param name="images">The folder of the pictures, made where it is missing; existing files of the same names are replaced.</param>
    public static void Write<TClass>(DetectionDataset<TClass> dataset, string annotations, string images)
        where TClass : struct, Enum
    {
        ArgumentNullException.ThrowIfNull(dataset);
        Directory.CreateDirectory(images);
        var names = Enumerable.Range(0, dataset.Count).Select(i => $"{dataset[i].Id:D6}.png").ToArray();
        Parallel.For(0, dataset.Count, i => ImageFile.SavePng(dataset.LoadImage(i), Path.Combine(images, names[i])));
        AtomicFile.Write(annotations, file =>
        {
            using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
            WriteJson(json, dataset, names);
        });
    }

    private static void WriteJson<TClass>(Utf8JsonWriter json, DetectionDataset<TClass> dataset, string[] names)
        where TClass : struct, Enum
    {
        json.WriteStartObject();
        json.WriteStartArray("categories");
        foreach (var channel in dataset.Classes.Channels)
        {
            json.WriteStartObject();
            json.WriteNumber("id", channel + 1);
            json.WriteString("name", dataset.Classes.Names[channel]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("images");
        for (var i = 0; i < dataset.Count; i++)
        {
            var item = dataset[i];
            json.WriteStartObject();
            json.WriteNumber("id", item.Id);
            json.WriteString("file_name", names[i]);
            json.WriteNumber("width", item.Width);
            json.WriteNumber("height", item.Height);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("annotations");
        var id = 0;
        for (var i = 0; i < dataset.Count; i++)
        {
            foreach (var o in dataset[i].Objects)
            {
                WriteAnnotation(json, ++id, dataset[i].Id, dataset.Classes.ChannelOf(o.Class) + 1, o.Box, o.Area, o.IsCrowd);
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteAnnotation(Utf8JsonWriter json, int id, long image, int category, Box box, double area, bool crowd)
    {
        json.WriteStartObject();
        json.WriteNumber("id", id);
        json.WriteNumber("image_id", image);
        json.WriteNumber("category_id", category);
        json.WriteStartArray("bbox");

        // As doubles: x + width then gives back the same right edge, to the bit.
        json.WriteNumberValue((double)box.X1);
        json.WriteNumberValue((double)box.Y1);
        json.WriteNumberValue((double)box.X2 - box.X1);
        json.WriteNumberValue((double)box.Y2 - box.Y1);
        json.WriteEndArray();
        json.WriteNumber("area", area);
        json.WriteNumber("iscrowd", crowd ? 1 : 0);
        json.WriteEndObject();
    }
}
