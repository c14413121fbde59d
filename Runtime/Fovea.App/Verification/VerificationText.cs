using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Fovea.App.Verification;

/// <summary>A comparison for people and for programs.</summary>
internal static class VerificationText
{
    /// <summary>Prints a table, and a sentence.</summary>
    public static void Print(string model, VerifiedPicture picture, string versions, Comparison comparison)
    {
        Console.WriteLine($"{model} against {versions}");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{picture.Name}, {picture.Image.Width}×{picture.Image.Height}, on {picture.Canvas.Width}×{picture.Canvas.Height}"));
        Console.WriteLine();
        Console.WriteLine("part    values           difference  relative   bound           greatest at");
        foreach (var part in comparison.Parts)
        {
            var shape = string.Join('×', part.Shape);
            var verdict = part.Agrees ? "ok" : "DIFFERS";
            Console.WriteLine(
                $"{part.Name,-7} {shape,-16} {Number(part.Difference),10} {Number(part.Relative),9} {Number(part.Bound),7} {verdict,-7} {part.Place}");
        }

        Console.WriteLine();
        Console.WriteLine(Sentence(comparison));
        foreach (var line in comparison.Detections.Lonely)
        {
            Console.WriteLine($"  {line}");
        }
    }

    /// <summary>As JSON.</summary>
    public static string Json(string model, VerifiedPicture picture, string versions, Comparison comparison)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("model", model);
            json.WriteString("against", versions);
            json.WriteString("picture", picture.Name);
            json.WriteBoolean("agrees", comparison.Agrees);
            json.WriteStartArray("parts");
            foreach (var part in comparison.Parts)
            {
                Write(json, part);
            }

            json.WriteEndArray();
            var detections = comparison.Detections;
            json.WriteStartObject("detections");
            json.WriteNumber("ours", detections.Ours);
            json.WriteNumber("theirs", detections.Theirs);
            json.WriteNumber("paired", detections.Pairs);
            json.WriteNumber("onTheEdge", detections.OnTheEdge);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static void Write(Utf8JsonWriter json, VerifiedPart part)
    {
        json.WriteStartObject();
        json.WriteString("name", part.Name);
        json.WriteStartArray("shape");
        foreach (var side in part.Shape)
        {
            json.WriteNumberValue(side);
        }

        json.WriteEndArray();
        if (double.IsFinite(part.Difference))
        {
            json.WriteNumber("difference", part.Difference);
            json.WriteNumber("relative", part.Relative);
        }

        json.WriteNumber("bound", part.Bound);
        json.WriteBoolean("agrees", part.Agrees);
        json.WriteString("place", part.Place);
        json.WriteEndObject();
    }

    private static string Sentence(Comparison comparison)
    {
        var found = comparison.Detections;
        var counts = string.Create(
            CultureInfo.InvariantCulture,
            $"detections: {found.Ours} here, {found.Theirs} there, {found.Pairs} the same{(found.OnTheEdge > 0 ? $", {found.OnTheEdge} that rounding decides" : "")}");
        var differing = comparison.Parts.Where(p => !p.Agrees).Select(p => p.Name).Concat(found.Agrees ? [] : ["detections"]);
        var hint = found is { Ours: 0, Theirs: 0 } ? "; a lower --score finds more to compare" : "";
        return $"{counts}{hint}\n{(comparison.Agrees ? "agrees within the bounds" : $"disagrees: {string.Join(", ", differing)}")}";
    }

    private static string Number(double value) => double.IsFinite(value) ? value.ToString("0.0e+0", CultureInfo.InvariantCulture) : "-";
}
