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
    /// <summary>
    /// Bytes. The reference implementation allows 100 MB, which take gigabytes to understand; the largest detector's training
    /// state has one tenth of one.
    /// </summary>
    public const int MaxLength = 16 << 20;

    /// <summary>Tokens of JSON. A tensor has about twelve.</summary>
    public const int MaxTokens = 1_000_000;

    /// <summary>Characters of a tensor's name.</summary>
    public const int MaxName = 500;

    /// <summary>Dimensions of a tensor.</summary>
    public const int MaxRank = 8;

    public const string Metadata = "__metadata__";

    /// <summary>Reads a header.</summary>
    /// <param name="json">The header.</param>
    /// <param name="dataOffset">Where the data begins.</param>
    /// <param name="file">How messages call it.</param>
    /// <returns>The tensors, the metadata, and where the last tensor ends.</returns>
    public static (Dictionary<string, StateTensor> Entries, Dictionary<string, string> Metadata, long End) Parse(
        ReadOnlyMemory<byte> json, long dataOffset, string file)
    {
        var entries = new Dictionary<string, StateTensor>(StringComparer.Ordinal);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            CheckTokens(json.Span, file);
            using var document = JsonDocument.Parse(json);
            ReadRoot(document.RootElement, entries, metadata, dataOffset, file);
        }
        catch (JsonException e)
        {
            var start = Encoding.UTF8.GetString(json.Span[..Math.Min(24, json.Length)]);
            throw new CheckpointException(file, $"header: expected JSON, found \"{start}…\" ({e.Message}). Is this a safetensors file?", e);
        }
        catch (InvalidOperationException e)
        {
            // A key or a string of bytes that are no UTF-8, or with half of a surrogate pair.
            throw new CheckpointException(file, $"header: expected names and strings in UTF-8, found others ({e.Message}).", e);
        }

        return (entries, metadata, CheckPlaces(entries.Values.Cast<SafetensorsEntry>(), dataOffset, file));
    }

    /// <summary>The data must end where the file does.</summary>
    public static void CheckLength(long end, long fileLength, string file)
    {
        if (end != fileLength)
        {
            throw new CheckpointException(
                file,
                $"expected {end} bytes after the header's account, found {fileLength}: "
                + $"the file is {(fileLength < end ? "cut off" : "longer than its tensors")}.");
        }
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

    /// <summary>A document of many small tokens takes many times its length to hold.</summary>
    public static void CheckTokens(ReadOnlySpan<byte> json, string file)
    {
        var reader = new Utf8JsonReader(json);
        for (var tokens = 0; reader.Read(); tokens++)
        {
            if (tokens == MaxTokens)
            {
                throw new CheckpointException(file, $"header: expected at most {MaxTokens} tokens of JSON, found more: it is no model's.");
            }
        }
    }

    private static void ReadRoot(
        JsonElement root, Dictionary<string, StateTensor> entries, Dictionary<string, string> metadata, long dataOffset, string file)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new CheckpointException(file, $"header: expected a JSON object, found {root.ValueKind}.");
        }

        foreach (var property in root.EnumerateObject())
        {
            var name = property.Name;
            if (name.Length > MaxName)
            {
                throw new CheckpointException(
                    file, $"header: expected names of at most {MaxName} characters, found {CheckpointException.Shorten(name)} of {name.Length}.");
            }

            if (name == Metadata)
            {
                ReadMetadata(property.Value, metadata, file);
            }
            else if (!entries.TryAdd(name, ReadEntry(name, property.Value, dataOffset, file)))
            {
                throw new CheckpointException(file, $"{name}: expected each name once, found it twice in the header.");
            }
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
                : throw new CheckpointException(
                    file, $"{Metadata}.{CheckpointException.Shorten(property.Name)}: expected a string, found {property.Value.ValueKind}.");
        }
    }

    private static SafetensorsEntry ReadEntry(string name, JsonElement value, long dataOffset, string file)
    {
        if (value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("dtype", out var dtype) || dtype.ValueKind != JsonValueKind.String
            || !value.TryGetProperty("shape", out var shape) || shape.ValueKind != JsonValueKind.Array
            || !value.TryGetProperty("data_offsets", out var offsets) || offsets.ValueKind != JsonValueKind.Array
            || offsets.GetArrayLength() != 2)
        {
            throw new CheckpointException(file, $"{name}: expected {{dtype, shape, data_offsets}}, found {CheckpointException.Shorten(value.GetRawText())}.");
        }

        if (!Enum.TryParse<ElementType>(dtype.GetString(), ignoreCase: false, out var type) || !Enum.IsDefined(type)
            || char.IsAsciiDigit(dtype.GetString()![0]))
        {
            throw new CheckpointException(
                file,
                $"{name}.dtype: expected one of {string.Join(", ", Enum.GetNames<ElementType>())}, "
                + $"found {CheckpointException.Shorten(dtype.GetString()!)}.");
        }

        if (shape.GetArrayLength() > MaxRank)
        {
            throw new CheckpointException(file, $"{name}.shape: expected at most {MaxRank} dimensions, found {shape.GetArrayLength()}.");
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

        return new SafetensorsEntry(name, type, dimensions, dataOffset + begin);
    }

    private static long? Bytes(int[] shape, ElementType type)
    {
        var total = (UInt128)(uint)Elements.SizeOf(type);
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
            : throw new CheckpointException(file, $"{field}: expected integers from 0 to {max}, found {CheckpointException.Shorten(value.GetRawText())}.");

    /// <returns>Where the last tensor ends.</returns>
    private static long CheckPlaces(IEnumerable<SafetensorsEntry> entries, long dataOffset, string file)
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

        return next;
    }
}
