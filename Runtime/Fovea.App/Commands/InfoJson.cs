using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Fovea.App.Commands;

/// <summary>A declared model for programs.</summary>
internal static class InfoJson
{
    /// <summary>All of it.</summary>
    public static string Write(Detector detector)
    {
        using var stream = new MemoryStream();
        var options = new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(stream, options))
        {
            json.WriteStartObject();
            Write(json, detector.Description, detector.DeviceDescription);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static void Write(Utf8JsonWriter json, ModelDescription model, string device)
    {
        json.WriteString("model", model.Name);
        json.WriteString("backbone", model.Backbone);
        json.WriteString("preset", model.Preset);
        json.WriteString("device", device);
        json.WriteString("fingerprint", model.Fingerprint);
        json.WriteNumber("minLevel", model.MinLevel);
        json.WriteNumber("maxLevel", model.MaxLevel);
        json.WriteNumber("anchorsPerCell", model.AnchorsPerCell);
        json.WriteNumber("maxDetections", model.PostProcessing.MaxDetections);
        Each(json, "canvases", model.InputSizes, s =>
        {
            json.WriteNumber("width", s.Width);
            json.WriteNumber("height", s.Height);
        });
        if (model.Resize is { } resize)
        {
            json.WriteStartObject("resize");
            json.WriteNumber("min", resize.Min);
            json.WriteNumber("max", resize.Max);
            json.WriteString("rule", resize.Rule.ToString());
            json.WriteEndObject();
        }

        Each(json, "classes", model.ClassNames.Index().Where(c => c.Item is not null), c =>
        {
            json.WriteNumber("channel", c.Index);
            json.WriteString("name", c.Item);
        });
        Each(json, "stages", model.Stages, s =>
        {
            json.WriteString("name", s.Name);
            json.WriteNumber("stride", s.Stride);
            json.WriteNumber("channels", s.Channels);
            json.WriteNumber("parameters", s.Parameters);
            json.WriteNumber("macsPerImage", s.MacsPerImage);
        });
        json.WriteNumber("parameters", model.Stages.Sum(s => s.Parameters));
        json.WriteNumber("learnedParameters", model.Tensors.Where(t => t.IsTrainable).Sum(t => (long)t.Length));
        json.WriteNumber("macsPerImage", model.Stages.Sum(s => s.MacsPerImage));
    }

    private static void Each<T>(Utf8JsonWriter json, string name, IEnumerable<T> items, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStartObject();
            write(item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
