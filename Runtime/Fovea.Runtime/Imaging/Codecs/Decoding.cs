using System.Runtime.InteropServices;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.PixelFormats;

namespace Fovea.Imaging.Codecs;

/// <summary>
/// Runs one of ImageSharp's decoders on a file of our making. Nothing of the process's is used: each picture has a configuration of its
/// own, which knows no formats, works on the calling thread, and has the memory that a picture of the declared size needs.
/// </summary>
internal static class Decoding
{
    /// <summary>Bytes for each pixel, at the most of TIFF: samples of 32 bits, and pixels.</summary>
    private const int BytesPerPixel = 24;

    /// <summary>Bytes beside these: rows, tables, edges of blocks.</summary>
    private const int Rest = 8 << 20;

    public static Configuration Configure(CountedMemory memory) => new()
    {
        MemoryAllocator = memory,
        MaxDegreeOfParallelism = 1,
        PreferContiguousImageBuffers = true,
    };

    /// <summary>Decodes the first frame.</summary>
    /// <param name="decoder">Of the file's format.</param>
    /// <param name="file">Its parts that matter.</param>
    /// <param name="header">The size that it must have.</param>
    public static unsafe Image<TPixel> Decode<TPixel>(IImageDecoder decoder, ReadOnlySpan<byte> file, in ImageHeader header)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        var most = (BytesPerPixel * (header.Width + 64L) * (header.Height + 64L)) + (2L * file.Length) + Rest;
        fixed (byte* bytes = file)
        {
            using var stream = new UnmanagedMemoryStream(bytes, file.Length);
            var image = decoder.Decode<TPixel>(Configure(new CountedMemory(most)), stream, CancellationToken.None);
            if (image.Width == header.Width && image.Height == header.Height)
            {
                return image;
            }

            image.Dispose();
            throw ImageDataException.Damaged($"its pixels are {image.Width}×{image.Height}");
        }
    }

    /// <summary>Decodes the first frame of what has pixels of red, green and blue, or becomes such.</summary>
    public static RgbImage DecodeRgb(IImageDecoder decoder, ReadOnlySpan<byte> file, in ImageHeader header)
    {
        using var image = Decode<Rgb24>(decoder, file, header);
        return new RgbImage(header.Width, header.Height, BytesOf(image).ToArray());
    }

    /// <summary>[height, width] pixels in one piece.</summary>
    public static ReadOnlySpan<TPixel> PixelsOf<TPixel>(Image<TPixel> image)
        where TPixel : unmanaged, IPixel<TPixel> =>
        image.DangerousTryGetSinglePixelMemory(out var memory)
            ? memory.Span
            : throw ImageDataException.NotSupported("a picture that does not lie in one piece of memory");

    private static ReadOnlySpan<byte> BytesOf(Image<Rgb24> image) => MemoryMarshal.AsBytes(PixelsOf(image));
}
