using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Fovea.Files;

namespace Fovea.App.Verification;

/// <summary>What is to be run in torchvision: a script, and beside it the weights and the picture that it reads.</summary>
internal sealed class TorchJob
{
    private const string Template = "torch_verify.py";
    private const string Placeholder = "@CONFIG@";
    private readonly Detector detector;
    private readonly TorchDeclaration declaration;
    private readonly VerifiedPicture picture;
    private readonly PostProcessingRule rule;
    private readonly string weightsHash;

    /// <exception cref="ArgumentException">torchvision cannot build the detector.</exception>
    public TorchJob(Detector detector, VerifiedPicture picture, in PostProcessingRule rule)
    {
        (this.detector, this.picture, this.rule) = (detector, picture, rule);
        declaration = new TorchDeclaration(detector);
        weightsHash = HashOfWeights(detector);
        Id = Convert.ToHexStringLower(SHA256.HashData(Config("weights", "picture", "")));
    }

    /// <summary>Of declaration, weights and picture: a result of another run is told by it.</summary>
    public string Id { get; }

    /// <summary>Writes the files.</summary>
    /// <param name="script">The script; weights and picture are called alike.</param>
    /// <returns>The file that the script will write.</returns>
    public string Write(string script)
    {
        var (weights, pixels) = (Path.ChangeExtension(script, ".pth"), Path.ChangeExtension(script, ".rgb"));
        detector.Save(weights, WeightsFormat.Torch);
        AtomicFile.Write(pixels, stream => stream.Write(picture.Image.Pixels), durable: false);
        using var template = new StreamReader(typeof(TorchJob).Assembly.GetManifestResourceStream(Template)!);
        var config = Encoding.UTF8.GetString(Config(Path.GetFileName(weights), Path.GetFileName(pixels), Id));
        var text = template.ReadToEnd().Replace(Placeholder, config, StringComparison.Ordinal);
        AtomicFile.Write(script, stream => stream.Write(Encoding.UTF8.GetBytes(text)), durable: false);
        return Path.ChangeExtension(script, ".safetensors");
    }

    private byte[] Config(string weights, string pixels, string run)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("run", run);
            json.WriteString("weights", weights);
            json.WriteString("picture", pixels);
            json.WriteStartObject("sha256");
            json.WriteString(weights, weightsHash);
            json.WriteString(pixels, Convert.ToHexStringLower(SHA256.HashData(picture.Image.Pixels)));
            json.WriteEndObject();
            Size(json, "picture_size", picture.Image.Height, picture.Image.Width);
            if (detector.Description.Resize is null)
            {
                json.WriteStartObject("letterbox");
                Size(json, "canvas", picture.Canvas.Height, picture.Canvas.Width);
                Size(json, "picture", picture.Placement.Height, picture.Placement.Width);
                json.WriteEndObject();
            }
            else
            {
                json.WriteNull("letterbox");
            }

            declaration.Write(json, rule);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void Size(Utf8JsonWriter json, string name, int height, int width)
    {
        json.WriteStartArray(name);
        json.WriteNumberValue(height);
        json.WriteNumberValue(width);
        json.WriteEndArray();
    }

    private static string HashOfWeights(Detector detector)
    {
        using var sha = SHA256.Create();
        using (var stream = new CryptoStream(Stream.Null, sha, CryptoStreamMode.Write))
        {
            detector.Save(stream, WeightsFormat.Torch);
        }

        return Convert.ToHexStringLower(sha.Hash!);
    }
}
