using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fovea.App.Benchmarking;

/// <summary>Measurements for programs: names as in <see cref="BenchResult"/>, in camel case.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BenchResult))]
internal sealed partial class BenchJson : JsonSerializerContext
{
    /// <summary>All of them.</summary>
    public static string Write(BenchResult result)
    {
        var options = new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        return JsonSerializer.Serialize(result, new BenchJson(options).BenchResult);
    }
}
