using System.IO.Compression;
using System.Text.Json;

namespace Fovea.Tests.Imaging;

/// <summary>A file of the folder Pictures and what is in it: pixels as Pillow, or what wrote it, has them; or why it is refused.</summary>
/// <param name="File">Its name.</param>
/// <param name="Refused">Of the message; null where it is a picture.</param>
/// <param name="Image">The upright pixels, null where it is refused.</param>
/// <param name="Most">By which a sample may differ.</param>
/// <param name="Mean">By which samples may differ on average.</param>
internal sealed record SmallPicture(string File, string? Refused, RgbImage? Image, int Most, double Mean)
{
    public byte[] Content => System.IO.File.ReadAllBytes(Path.Combine(SmallPictures.Folder, File));
}

/// <summary>The folder Pictures, which <c>make.py</c> wrote.</summary>
internal static class SmallPictures
{
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Imaging", "Pictures");

    public static IReadOnlyList<SmallPicture> All { get; } = Read();

    public static SmallPicture Named(string file) => All.Single(p => p.File == file);

    private static List<SmallPicture> Read()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "pictures.json")));
        var all = new List<SmallPicture>();
        foreach (var row in document.RootElement.EnumerateArray())
        {
            var file = row.GetProperty("file").GetString()!;
            all.Add(row.TryGetProperty("refused", out var refused)
                ? new SmallPicture(file, refused.GetString(), null, 0, 0)
                : new SmallPicture(file, null, ImageOf(row, all), row.GetProperty("most").GetInt32(), row.GetProperty("mean").GetDouble()));
        }

        return all;
    }

    private static RgbImage ImageOf(JsonElement row, List<SmallPicture> before)
    {
        if (row.TryGetProperty("as", out var same))
        {
            return before.Single(p => p.File == same.GetString()).Image!;
        }

        using var inflated = new ZLibStream(new MemoryStream(row.GetProperty("rgb").GetBytesFromBase64()), CompressionMode.Decompress);
        using var pixels = new MemoryStream();
        inflated.CopyTo(pixels);
        return new RgbImage(row.GetProperty("width").GetInt32(), row.GetProperty("height").GetInt32(), pixels.ToArray());
    }
}
