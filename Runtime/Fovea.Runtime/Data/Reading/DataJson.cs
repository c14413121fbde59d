using System.Text.Json;
using System.Text.Unicode;

namespace Fovea.Data.Reading;

/// <summary>Annotation files in JSON: what is no JSON, no UTF-8 or no Unicode is told before anything is read from it.</summary>
internal static class DataJson
{
    /// <summary>Parses a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="expected">What should be there, for messages.</param>
    /// <exception cref="DatasetException">There is no such file, or it is not well-formed.</exception>
    public static JsonDocument Parse(string file, string expected)
    {
        var bytes = DataFile.Read(file, expected);
        if (!Utf8.IsValid(bytes))
        {
            throw new DatasetException(file, $"expected JSON in UTF-8, found other bytes {DataFile.Utf8Place(bytes)}; save it as UTF-8.");
        }

        // A byte-order mark is not JSON's, but editors write it.
        var text = bytes.AsMemory(bytes.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0);
        try
        {
            CheckTexts(file, text.Span);
            return JsonDocument.Parse(text);
        }
        catch (JsonException e)
        {
            throw new DatasetException(
                file,
                $"expected well-formed JSON, found an error in line {e.LineNumber + 1}, byte {e.BytePositionInLine}: {DataFile.Shorten(e.Message)}",
                e);
        }
    }

    /// <summary>Finds escapes that are no characters (half a surrogate pair): a document throws where such a text is read, be it a
    /// name.</summary>
    private static void CheckTexts(string file, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IndexOf("\\u"u8) < 0)
        {
            return;
        }

        var reader = new Utf8JsonReader(bytes);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
            {
                try
                {
                    reader.GetString();
                }
                catch (InvalidOperationException e)
                {
                    throw new DatasetException(
                        file,
                        $"expected texts of Unicode characters, found half a surrogate pair {DataFile.Place(bytes, reader.TokenStartIndex)}; "
                        + "correct the escape \\u….",
                        e);
                }
            }
        }
    }

    /// <summary>"a JSON array".</summary>
    public static string Kind(JsonElement element) => $"a JSON {element.ValueKind.ToString().ToLowerInvariant()}";

    /// <summary>An element as it is written, or "nothing"; cut to a bearable length.</summary>
    public static string Text(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Undefined)
        {
            return "nothing";
        }

        var text = element.GetRawText();
        return text.Length <= 80 ? text : string.Concat(text.AsSpan(0, 77), "…");
    }
}
