using System.Text;
using System.Text.Json;
using Fovea.Checkpoints;
using Fovea.Detection;

namespace Fovea.Onnx.Export;

/// <summary>What a file says of its model: the classes, and what it takes to make inputs and to read outputs.</summary>
internal static class ModelMetadata
{
    /// <summary>Keys and values, in the order in which they are written.</summary>
    public static IEnumerable<(string Key, string Value)> Of(ModelDescription model, ExportPlan plan) =>
    [
        (CheckpointKeys.Model, model.Name),
        (CheckpointKeys.Backbone, model.Backbone),
        (CheckpointKeys.Fingerprint, model.Fingerprint),
        (CheckpointKeys.Architecture, model.ArchitectureFingerprint),
        (CheckpointKeys.Classes, CheckpointKeys.WriteClasses(model.ClassNames)),
        ("fovea.kind", plan.Kind == OnnxKind.Raw ? "raw" : "detector"),
        ("fovea.pixels", Json(json => Pixels(json, model.Pixels))),
        ("fovea.anchors", Json(json => Anchors(json, model))),
        ("fovea.post_processing", Json(json => PostProcessing(json, plan.PostProcessing))),
    ];

    /// <summary>input = (x·scale − mean)/std of x in [0, 1], channels in the order that is named.</summary>
    private static void Pixels(Utf8JsonWriter json, PixelNormalization pixels)
    {
        json.WriteStartObject();
        json.WriteString("order", pixels.Bgr ? "BGR" : "RGB");
        json.WriteNumber("scale", pixels.Scale);
        Numbers(json, "mean", pixels.Mean);
        Numbers(json, "std", pixels.Std);
        json.WriteEndObject();
    }

    /// <summary>Of each level the boxes around the origin; stride 0: the canvas's side / the level's cells, in whole pixels.</summary>
    private static void Anchors(Utf8JsonWriter json, ModelDescription model)
    {
        json.WriteStartArray();
        foreach (var (index, level) in model.Anchors.Index())
        {
            json.WriteStartObject();
            json.WriteNumber("level", model.MinLevel + index);
            json.WriteNumber("stride", level.Stride);
            json.WriteStartArray("boxes");
            foreach (var box in AnchorGenerator.BaseAnchors(level))
            {
                Numbers(json, null, [box.X1, box.Y1, box.X2, box.Y2]);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void PostProcessing(Utf8JsonWriter json, PostProcessingRule rule)
    {
        json.WriteStartObject();
        json.WriteNumber("score_threshold", rule.ScoreThreshold);
        json.WriteNumber("top_k", rule.TopK);
        json.WriteNumber("nms_iou", rule.NmsIoU);
        json.WriteNumber("max_detections", rule.MaxDetections);
        json.WriteEndObject();
    }

    private static void Numbers(Utf8JsonWriter json, string? name, float[] values)
    {
        if (name is null)
        {
            json.WriteStartArray();
        }
        else
        {
            json.WriteStartArray(name);
        }

        foreach (var value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }

    private static string Json(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            write(json);
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
