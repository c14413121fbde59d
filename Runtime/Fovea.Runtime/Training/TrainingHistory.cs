using System.Text;
using System.Text.Json;
using Fovea.Checkpoints;
using Fovea.Training;

namespace Fovea;

/// <summary>An epoch in numbers: means over its iterations.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Iterations">In this epoch.</param>
/// <param name="Classification">Classification loss.</param>
/// <param name="Box">Box loss.</param>
/// <param name="GradientNorm">Before clipping.</param>
/// <param name="LearningRate">Of the last iteration.</param>
/// <param name="Seconds">Training alone, without evaluation.</param>
/// <param name="Ap">COCO AP on the validation set; null where it was not evaluated.</param>
/// <param name="Ap50">AP at IoU 0.5.</param>
public sealed record EpochRecord(
    int Epoch, int Iterations, double Classification, double Box, double GradientNorm, double LearningRate, double Seconds,
    double? Ap, double? Ap50)
{
    /// <summary>
    /// Classification loss on the validation set, of the weights that were evaluated; null where it was not measured or is not finite.
    /// </summary>
    public double? ValidationClassification { get; init; }

    /// <summary>Box loss on the validation set, likewise.</summary>
    public double? ValidationBox { get; init; }

    /// <summary>Classification + box.</summary>
    public double Loss => Classification + Box;

    /// <summary>Images trained on, repeated ones as often as they were shown; 0 in a history from before this was kept.</summary>
    public int Images { get; init; }

    /// <summary>Of training alone; 0 where it is not known.</summary>
    public double ImagesPerSecond => Seconds > 0 ? Images / Seconds : 0;

    /// <summary>The process's greatest resident memory so far, in bytes; 0 where it is not known.</summary>
    public long PeakMemory { get; init; }

    /// <summary>COCO AP of each class on the validation set, in the order of the channels; empty where it was not evaluated.</summary>
    public IReadOnlyList<ClassAp> ClassAps { get; init => field = new ValueList<ClassAp>(value); } = new ValueList<ClassAp>([]);
}

/// <summary>A class's AP in an epoch.</summary>
/// <param name="Class">As declared.</param>
/// <param name="Ap">COCO AP; null where the validation set has no object of the class.</param>
public readonly record struct ClassAp(string Class, double? Ap);

/// <summary>A training's course, one entry for each epoch; also written as <c>history.jsonl</c>, one JSON object in a line.</summary>
public sealed class TrainingHistory
{
    private readonly List<EpochRecord> epochs = [];

    /// <summary>In order.</summary>
    public IReadOnlyList<EpochRecord> Epochs => epochs;

    /// <summary>The epoch of the greatest AP, or null if none was evaluated.</summary>
    public EpochRecord? Best => epochs.Where(e => e.Ap is not null).MaxBy(e => e.Ap);

    /// <summary>Reads what <see cref="ToJsonLines"/> wrote.</summary>
    /// <exception cref="FormatException">A line is no epoch.</exception>
    public static TrainingHistory Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var history = new TrainingHistory();
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        for (var i = 0; i < lines.Length; i++)
        {
            try
            {
                using var document = JsonDocument.Parse(lines[i]);
                history.epochs.Add(ReadRecord(document.RootElement));
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
            {
                throw new FormatException($"history, line {i + 1}: expected an epoch as JSON, found \"{CheckpointException.Shorten(lines[i], 200)}\".", e);
            }
        }

        return history;
    }

    /// <summary>One JSON object in a line for each epoch.</summary>
    public string ToJsonLines()
    {
        var text = new StringBuilder();
        foreach (var e in epochs)
        {
            text.Append(ToJsonLine(e)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>One epoch as JSON, without a line's end.</summary>
    internal static string ToJsonLine(EpochRecord epoch)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            WriteRecord(json, epoch);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    internal void Add(EpochRecord record) => epochs.Add(record);

    private static void WriteRecord(Utf8JsonWriter json, EpochRecord e)
    {
        json.WriteStartObject();
        json.WriteNumber("epoch", e.Epoch);
        json.WriteNumber("iterations", e.Iterations);
        json.WriteNumber("classification", e.Classification);
        json.WriteNumber("box", e.Box);
        json.WriteNumber("gradient_norm", e.GradientNorm);
        json.WriteNumber("learning_rate", e.LearningRate);
        json.WriteNumber("seconds", e.Seconds);
        WriteOptional(json, "ap", e.Ap);
        WriteOptional(json, "ap50", e.Ap50);
        WriteOptional(json, "validation_classification", e.ValidationClassification);
        WriteOptional(json, "validation_box", e.ValidationBox);
        json.WriteNumber("images", e.Images);
        json.WriteNumber("peak_memory", e.PeakMemory);
        if (e.ClassAps.Count > 0)
        {
            json.WriteStartObject("class_ap");
            foreach (var (name, ap) in e.ClassAps)
            {
                if (ap is { } value)
                {
                    json.WriteNumber(name, value);
                }
                else
                {
                    json.WriteNull(name);
                }
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteOptional(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } v)
        {
            json.WriteNumber(name, v);
        }
    }

    private static EpochRecord ReadRecord(JsonElement e) => new(
        e.GetProperty("epoch").GetInt32(),
        e.GetProperty("iterations").GetInt32(),
        e.GetProperty("classification").GetDouble(),
        e.GetProperty("box").GetDouble(),
        e.GetProperty("gradient_norm").GetDouble(),
        e.GetProperty("learning_rate").GetDouble(),
        e.GetProperty("seconds").GetDouble(),
        ReadOptional(e, "ap"),
        ReadOptional(e, "ap50"))
    {
        ValidationClassification = ReadOptional(e, "validation_classification"),
        ValidationBox = ReadOptional(e, "validation_box"),

        // Histories from before these were kept have none.
        Images = e.TryGetProperty("images", out var images) ? images.GetInt32() : 0,
        PeakMemory = e.TryGetProperty("peak_memory", out var memory) ? memory.GetInt64() : 0,
        ClassAps = e.TryGetProperty("class_ap", out var classes)
            ? [.. classes.EnumerateObject().Select(ReadClass)] : [],
    };

    private static ClassAp ReadClass(JsonProperty c) =>
        new(c.Name, c.Value.ValueKind == JsonValueKind.Null ? null : c.Value.GetDouble());

    private static double? ReadOptional(JsonElement e, string name) => e.TryGetProperty(name, out var value) ? value.GetDouble() : null;
}
