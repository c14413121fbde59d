using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Fovea.Evaluation;

/// <summary>Results as JSON.</summary>
internal static class CocoJson
{
    private static readonly string[] Numbers =
        ["ap", "ap50", "ap75", "apSmall", "apMedium", "apLarge", "ar1", "ar10", "ar100", "arSmall", "arMedium", "arLarge"];

    /// <summary>See <see cref="CocoResult.ToJson"/>.</summary>
    public static string Write(CocoResult result)
    {
        using var stream = new MemoryStream();

        // Names as they are, not as escapes.
        var options = new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(stream, options))
        {
            json.WriteStartObject();
            json.WriteNumber("images", result.Images);
            WriteNumbers(
                json, result.Classes.Sum(c => c.Truths), result.Classes.Sum(c => c.Detections), result.Summary, result.Voc.AP2007,
                result.Voc.AP2010, result.PooledCurve, result.MeanPrecisionCurve());
            json.WriteStartArray("classes");
            for (var k = 0; k < result.Classes.Count; k++)
            {
                var c = result.Classes[k];
                json.WriteStartObject();
                json.WriteNumber("id", c.Category);
                json.WriteString("name", c.Name);
                var voc = result.Voc.Classes[k];
                WriteNumbers(json, c.Truths, c.Detections, c.Summary, voc.AP2007, voc.AP2010, result.Curves[k], result.PrecisionCurve(k));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            WriteConfusion(json, result.ConfusionMatrix());
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static void WriteNumbers(
        Utf8JsonWriter json, int truths, int detections, CocoSummary summary, double voc2007, double voc2010, PrecisionRecallCurve curve,
        double[] precisions)
    {
        json.WriteNumber("objects", truths);
        json.WriteNumber("detections", detections);
        var values = summary.ToArray();
        for (var i = 0; i < Numbers.Length; i++)
        {
            WriteOrNull(json, Numbers[i], values[i]);
        }

        WriteOrNull(json, "voc2007", voc2007);
        WriteOrNull(json, "voc2010", voc2010);
        if (curve.Best is { } best)
        {
            json.WriteStartObject("bestF1");
            json.WriteNumber("score", best.Score);
            json.WriteNumber("f1", best.F1);
            json.WriteNumber("precision", best.Precision);
            json.WriteNumber("recall", best.Recall);
            json.WriteNumber("right", best.Right);
            json.WriteNumber("wrong", best.Wrong);
            json.WriteNumber("missed", best.Missed);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("bestF1");
        }

        // At recall 0, 0.01 … 1.
        if (precisions.Any(p => p < 0))
        {
            json.WriteNull("precisionAtRecall");
            return;
        }

        json.WriteStartArray("precisionAtRecall");
        Array.ForEach(precisions, json.WriteNumberValue);
        json.WriteEndArray();
    }

    private static void WriteConfusion(Utf8JsonWriter json, ConfusionMatrix confusion)
    {
        json.WriteStartObject("confusion");
        json.WriteNumber("score", confusion.ScoreThreshold);
        json.WriteNumber("iou", confusion.IoUThreshold);
        json.WriteStartArray("names");
        foreach (var name in confusion.Names)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
        json.WriteStartArray("counts");
        for (var truth = 0; truth < confusion.Names.Count; truth++)
        {
            json.WriteStartArray();
            for (var predicted = 0; predicted < confusion.Names.Count; predicted++)
            {
                json.WriteNumberValue(confusion[truth, predicted]);
            }

            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteOrNull(Utf8JsonWriter json, string name, double value)
    {
        if (value < 0)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteNumber(name, value);
        }
    }
}
