using System.Text;
using System.Text.Json;

namespace Fovea.Gpu.Reporting;

/// <summary>One thing that was seen: a line of gpu.json.</summary>
/// <param name="Stage">The stage's name.</param>
/// <param name="Item">What was looked at.</param>
/// <param name="Ok">Whether it is as it should be; null where there is nothing to judge.</param>
/// <param name="Value">A number, or null.</param>
/// <param name="Unit">Of the number.</param>
/// <param name="Note">In words: a version, an engine, why it failed.</param>
/// <param name="IsDetail">Left out of the table, unless it failed.</param>
internal sealed record Entry(string Stage, string Item, bool? Ok, double? Value, string Unit, string Note, bool IsDetail = false)
{
    /// <summary>One line of JSON.</summary>
    public string ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("stage", Stage);
            json.WriteString("item", Item);
            WriteOk(json);
            WriteValue(json);
            json.WriteString("unit", Unit);
            json.WriteString("note", Note);
            json.WriteBoolean("detail", IsDetail);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>From a line of JSON; null where it is none, as the last line of a process that was killed.</summary>
    public static Entry? TryParse(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            var (ok, value) = (root.GetProperty("ok"), root.GetProperty("value"));
            return new Entry(
                root.GetProperty("stage").GetString()!,
                root.GetProperty("item").GetString()!,
                ok.ValueKind == JsonValueKind.Null ? null : ok.GetBoolean(),
                value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null,
                root.GetProperty("unit").GetString()!,
                root.GetProperty("note").GetString()!,
                root.GetProperty("detail").GetBoolean());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    private void WriteOk(Utf8JsonWriter json)
    {
        if (Ok is { } ok)
        {
            json.WriteBoolean("ok", ok);
        }
        else
        {
            json.WriteNull("ok");
        }
    }

    private void WriteValue(Utf8JsonWriter json)
    {
        if (Value is { } value && double.IsFinite(value))
        {
            json.WriteNumber("value", value);
        }
        else
        {
            json.WriteNull("value");
        }
    }
}
