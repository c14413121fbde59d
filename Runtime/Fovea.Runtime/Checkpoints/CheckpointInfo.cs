using System.Text.Json;

namespace Fovea.Checkpoints;

/// <summary>The keys that Fovea writes into a checkpoint's <c>__metadata__</c>.</summary>
internal static class CheckpointKeys
{
    /// <summary>The declared class.</summary>
    public const string Model = "fovea.model";

    /// <summary>The backbone, in words for messages.</summary>
    public const string Backbone = "fovea.backbone";

    /// <summary>
    /// Hash of everything that decides shape and meaning, the classes' names and channels included. In files without
    /// <see cref="Architecture"/>, which are from before it covered classes, it is what that key holds today.
    /// </summary>
    public const string Fingerprint = "fovea.fingerprint";

    /// <summary>The same hash without the classes' names.</summary>
    public const string Architecture = "fovea.architecture";

    /// <summary>JSON array of K names, null for gaps.</summary>
    public const string Classes = "fovea.classes";

    /// <summary>ε to which the stored variances of frozen batch norms belong.</summary>
    public const string FrozenBatchNormEpsilon = "fovea.frozen_batch_norm_epsilon";

    /// <summary>Epochs trained.</summary>
    public const string Epoch = "fovea.epoch";

    /// <summary>AP on the validation set.</summary>
    public const string Ap = "fovea.ap";

    /// <summary>Why a training has saved it, in words.</summary>
    public const string Reason = "fovea.reason";

    public static string WriteClasses(string?[] names) => Json(json =>
    {
        json.WriteStartArray();
        foreach (var name in names)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
    });

    /// <summary>Keys and values as a JSON object.</summary>
    public static string Write(IEnumerable<KeyValuePair<string, string>> metadata) => Json(json =>
    {
        json.WriteStartObject();
        foreach (var (key, value) in metadata)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    });

    /// <summary>The file's class names by channel; null where it has none.</summary>
    /// <exception cref="CheckpointException">The metadata is no array of names.</exception>
    public static string?[]? ReadClasses(StateDict file)
    {
        if (!file.Metadata.TryGetValue(Classes, out var text))
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(text);
            return [.. json.RootElement.EnumerateArray().Select(name => name.GetString())];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException(
                file.Path, $"__metadata__.{Classes}: expected a JSON array of names, with null for gaps, found {text}.", e);
        }
    }

    private static string Json(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            write(json);
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }
}
