using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fovea.App.Terminal;

namespace Fovea.App.Detecting;

/// <summary>What <c>detect</c> says while it works: lines for a person, or a JSON object a picture.</summary>
/// <typeparam name="TClass">The class enum.</typeparam>
/// <param name="json">Takes the objects; null: lines for a person.</param>
/// <param name="status">Taken away while something is written.</param>
internal sealed class DetectLines<TClass>(JsonOutput? json, StatusLine status)
    where TClass : struct, Enum
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A picture is done.</summary>
    /// <param name="source">Which.</param>
    /// <param name="picture">What was found.</param>
    /// <param name="time">Of the detection alone.</param>
    /// <param name="drawn">The file; null: none.</param>
    public void Found(PictureSource source, PictureDetections<TClass> picture, TimeSpan time, string? drawn)
    {
        status.Clear();
        if (json is not null)
        {
            json.WriteLine(Json(writer => Write(writer, source, picture, time, drawn)));
            return;
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{source.Shown}  {picture.Width}×{picture.Height}  {picture.Detections.Count} objects  {time.TotalMilliseconds:F0} ms")
            + (drawn is null ? "" : $"  drawn in {drawn}"));
        foreach (var d in picture.Detections)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"  {ClassMap<TClass>.Instance.NameOf(d.Class),-20} {d.Score:F3}  {d.Box}"));
        }
    }

    /// <summary>Nothing came of a picture; a person is told at the end.</summary>
    public void Failed(PictureFailure failure) => json?.WriteLine(Json(writer =>
    {
        writer.WriteString("file", failure.Shown);
        writer.WriteString("error", failure.Problem);
    }));

    private static void Write(Utf8JsonWriter writer, PictureSource source, PictureDetections<TClass> picture, TimeSpan time, string? drawn)
    {
        writer.WriteString("file", source.Shown);
        writer.WriteNumber("width", picture.Width);
        writer.WriteNumber("height", picture.Height);
        writer.WriteNumber("milliseconds", Math.Round(time.TotalMilliseconds, 3));
        if (drawn is not null)
        {
            writer.WriteString("drawn", drawn);
        }

        writer.WriteStartArray("detections");
        foreach (var d in picture.Detections)
        {
            writer.WriteStartObject();
            writer.WriteString("class", ClassMap<TClass>.Instance.NameOf(d.Class));
            writer.WriteNumber("score", d.Score);
            writer.WriteStartArray("box");
            writer.WriteNumberValue(d.Box.X1);
            writer.WriteNumberValue(d.Box.Y1);
            writer.WriteNumberValue(d.Box.X2);
            writer.WriteNumberValue(d.Box.Y2);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static string Json(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Plain))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
