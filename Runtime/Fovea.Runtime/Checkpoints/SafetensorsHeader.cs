using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Fovea.Checkpoints;

/// <summary>
/// The head of a safetensors file: 8 bytes length (little endian), then JSON: for each tensor its type, shape and place in the data
/// that follows, and
/// <c>__metadata__</c>, a map of strings. The data has no holes and no overlaps.
/// </summary>
/// <remarks>Source: github.com/huggingface/safetensors, "Format".</remarks>
internal static class SafetensorsHeader
{
    /// <summary>Longer headers are refused, as by the reference implementation: they are damage, not models.</summary>
    public const long MaxLength = 100_000_000;

    public const string Metadata = "__metadata__";

    public static (Dictionary<string, SafetensorsEntry> Entries, Dictionary<string, string> Metadata) Parse(
        ReadOnlyMemory<byte> json, long dataOffset, long fileLength, string file)
    {
        var entries = new Dictionary<string, SafetensorsEntry>(StringComparer.Ordinal);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        using var document = ParseJson(json, file);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new CheckpointException(file, $"header: expected a JSON object, found {document.RootElement.ValueKind}.");
        }

        foreach (var property in document.RootElement.EnumerateObject())
        {
            if (property.Name == Metadata)
            {
                ReadMetadata(property.Value, metadata, file);
            }
            else if (!entries.TryAdd(property.Name, ReadEntry(property, dataOffset, file)))
            {
                throw new CheckpointException(file, $"{property.Name}: expected each name once, found it twice in the header.");
            }
        }

        CheckPlaces(entries.Values, dataOffset, fileLength, file);
        return (entries, metadata);
    }

    public static byte[] Write(IEnumerable<SafetensorsEntry> entries, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteStartObject(Metadata);
            foreach (var (key, value) in metadata)
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
            foreach (var entry in entries)
            {
                WriteEntry(json, entry);
            }

            json.WriteEndObject();
        }

        while (stream.Length % 8 != 0)
        {
            stream.WriteByte((byte)' ');
        }

        return stream.ToArray();
    }

    private static void WriteEntry(Utf8JsonWriter json, SafetensorsEntry entry)
    {
        json.WriteStartObject(entry.Name);
        json.WriteString("dtype", entry.Type.ToString());
        json.WriteStartArray("shape");
        foreach (var d in entry.Shape)
        {
            json.WriteNumberValue(d);
        }

        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(entry.Offset);
        json.WriteNumberValue(entry.Offset + entry.Bytes);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static JsonDocument ParseJson(ReadOnlyMemory<byte> json, string file)
    {
        try
        {
            return JsonDocument.Parse(json);
        }
        catch (JsonException e)
        {
            var start = Encoding.UTF8.GetString(json.Span[..Math.Min(24, json.Length)]);
            throw new CheckpointException(file, $"header: expected JSON, found \"{start}…\" ({e.Message}). Is this a safetensors file?", e);
        }
    }

    private static void ReadMetadata(JsonElement value, Dictionary<string, string> metadata, string file)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw new CheckpointException(file, $"{Metadata}: expected an object of strings, found {value.ValueKind}.");
        }

        foreach (var property in value.EnumerateObject())
        {
            metadata[property.Name] = property.Value.ValueKind == JsonValueKind.String
                ? property.Value.GetString()!
                : throw new CheckpointException(file, $"{Metadata}.{property.Name}: expected a string, found {property.Value.ValueKind}.");
        }
    }

    private static SafetensorsEntry ReadEntry(JsonProperty property, long dataOffset, string file)
    {
        var (name, value) = (property.Name, property.Value);
        if (value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("dtype", out var dtype) || dtype.ValueKind != JsonValueKind.String
            || !value.TryGetProperty("shape", out var shape) || shape.ValueKind != JsonValueKind.Array
            || !value.TryGetProperty("data_offsets", out var offsets) || offsets.ValueKind != JsonValueKind.Array
            || offsets.GetArrayLength() != 2)
        {
            throw new CheckpointException(file, $"{name}: expected {{dtype, shape, data_offsets}}, found {Shorten(value.GetRawText())}.");
        }

        if (!Enum.TryParse<SafetensorsType>(dtype.GetString(), ignoreCase: false, out var type) || !Enum.IsDefined(type)
            || char.IsAsciiDigit(dtype.GetString()![0]))
        {
            throw new CheckpointException(
                file, $"{name}.dtype: expected one of {string.Join(", ", Enum.GetNames<SafetensorsType>())}, found {dtype.GetString()}.");
        }

        var dimensions = shape.EnumerateArray().Select(d => Integer(d, int.MaxValue, $"{name}.shape", file)).Select(d => (int)d).ToArray();
        var begin = Integer(offsets[0], long.MaxValue, $"{name}.data_offsets", file);
        var end = Integer(offsets[1], long.MaxValue, $"{name}.data_offsets", file);
        var bytes = Bytes(dimensions, type);
        if (bytes is null || end - begin != bytes)
        {
            throw new CheckpointException(
                file,
                FormattableString.Invariant($"{name}: a {type} tensor of shape [{string.Join(", ", dimensions)}] takes ")
                + FormattableString.Invariant($"{bytes?.ToString(CultureInfo.InvariantCulture) ?? "too many"} bytes, but data_offsets hold {end - begin}."));
        }

        return new SafetensorsEntry(name, type, dimensions, dataOffset + begin, end - begin);
    }

    private static long? Bytes(int[] shape, SafetensorsType type)
    {
        var total = (UInt128)(uint)SafetensorsEntry.SizeOf(type);
        foreach (var d in shape)
        {
            total *= (uint)d;
            if (total > long.MaxValue)
            {
                return null;
            }
        }

        return (long)total;
    }

    private static long Integer(JsonElement value, long max, string field, string file) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= 0 && number <= max
            ? number
            : throw new CheckpointException(file, $"{field}: expected integers from 0 to {max}, found {Shorten(value.GetRawText())}.");

    private static void CheckPlaces(IEnumerable<SafetensorsEntry> entries, long dataOffset, long fileLength, string file)
    {
        var next = dataOffset;
        foreach (var entry in entries.OrderBy(e => e.Offset).ThenBy(e => e.Bytes))
        {
            if (entry.Offset != next)
            {
                throw new CheckpointException(
                    file,
                    $"{entry.Name}: expected its data to start at byte {next - dataOffset}, found {entry.Offset - dataOffset}: "
                    + "the data has holes or overlaps.");
            }

            next += entry.Bytes;
        }

        if (next != fileLength)
        {
            throw new CheckpointException(
                file,
                $"expected {next} bytes after the header's account, found {fileLength}: "
                + $"the file is {(fileLength < next ? "cut off" : "longer than its tensors")}.");
        }
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "…";
}
