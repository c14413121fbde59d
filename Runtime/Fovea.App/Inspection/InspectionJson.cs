using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fovea.App.Inspection;

/// <summary>An inspection for programs: names as in <see cref="Inspection"/>, in camel case.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Inspection))]
internal sealed partial class InspectionJson : JsonSerializerContext
{
    /// <summary>All of it.</summary>
    public static string Write(Inspection inspection)
    {
        // Names and file names as they are, not as escapes.
        var options = new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        return JsonSerializer.Serialize(inspection, new InspectionJson(options).Inspection);
    }
}
