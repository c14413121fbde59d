using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.PixelFormats;

namespace Fovea.Imaging.Codecs;

/// <summary>Writes pictures as JPEG, with ImageSharp.</summary>
internal static class JpegWriter
{
    public static void Write(RgbImage image, int quality, Stream destination)
    {
        var configuration = Decoding.Configure(new CountedMemory(long.MaxValue));
        using var wrapped = Image.WrapMemory<Rgb24>(configuration, image.Pixels, image.Width, image.Height);
        new JpegEncoder { Quality = quality }.Encode(wrapped, destination);
    }
}
