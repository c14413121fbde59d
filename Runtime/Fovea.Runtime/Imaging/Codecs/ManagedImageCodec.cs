using Fovea.Imaging.Codecs;
using Fovea.Imaging.Headers;

namespace Fovea;

/// <summary>
/// Pictures without a native library. JPEG and PNG are decoded here, to the bits of libjpeg and libpng, and PNG is written; all else is
/// SixLabors.ImageSharp 2.1's, the writing of JPEG, too. The library is given the least that makes a picture: for each format a file of our own making, of the parts that
/// make up its first frame and nothing else, on memory that is counted.
/// </summary>
/// <remarks>
/// Why ImageSharp 2.1.13 does not decode JPEG and PNG: it decodes a JPEG file that is cut off without a word, repeats chroma instead of
/// interpolating it, and rounds halves to even, by which a flat sky is one step of blue off; of a PNG file that is cut off the rest is black,
/// and an interlaced one is decoded for ever. PNG is written here so that an application can be published without ImageSharp
/// (<c>FoveaImageSharp=false</c>), of which the trimmer has two warnings.
/// </remarks>
public sealed class ManagedImageCodec : IImageCodec
{
    /// <inheritdoc/>
    public string Name => ImageSharpFeature.IsSupported ? "managed (ImageSharp 2.1)" : "managed (without ImageSharp)";

    /// <inheritdoc/>
    public string Formats => ImageSharpFeature.IsSupported ? "JPEG, PNG, WebP, BMP, GIF or TIFF" : "JPEG or PNG";

    /// <inheritdoc/>
    public ImageHeader ReadHeader(Stream content, string name)
    {
        ArgumentNullException.ThrowIfNull(content);
        return HeaderReader.TryRead(content) ?? throw InvalidImageException.NotAPicture(name, Formats, content);
    }

    /// <inheritdoc/>
    public RgbImage Decode(ReadOnlySpan<byte> content, in ImageHeader header, string name)
    {
        try
        {
            return header.Format switch
            {
                ImageFormat.Jpeg => JpegFile.Decode(content, header),
                ImageFormat.Png => PngFile.Decode(content, header),
                _ when !ImageSharpFeature.IsSupported => throw ImageDataException.NotSupported(ImageSharpFeature.WhyLeftOut),
                ImageFormat.Webp => WebpFile.Decode(content, header),
                ImageFormat.Bmp => BmpFile.Decode(content, header),
                ImageFormat.Gif => GifFile.Decode(content, header),
                ImageFormat.Tiff => TiffFile.Decode(content, header),
                _ => throw ImageDataException.NotSupported($"{header.Format}"),
            };
        }
        catch (ImageDataException e)
        {
            throw e.Fault switch
            {
                ImageFault.CutOff => InvalidImageException.CutOff(name, header, content.Length),
                ImageFault.NotSupported => InvalidImageException.NotSupported(name, header, e.Message),
                _ => InvalidImageException.Damaged(name, header, e.Message, e),
            };
        }
        catch (NotSupportedException e)
        {
            throw InvalidImageException.NotSupported(name, header, e.Message);
        }
        catch (Exception e)
        {
            // Bytes of anybody's make can bring a decoder to throw anything; what it is, is told.
            throw InvalidImageException.Damaged(name, header, $"{e.GetType().Name}: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public void Encode(RgbImage image, ImageFormat format, int quality, Stream destination)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(destination);

        switch (format)
        {
            case ImageFormat.Png:
                PngWriter.Write(image, destination);
                break;
            case ImageFormat.Jpeg when ImageSharpFeature.IsSupported:
                JpegWriter.Write(image, quality, destination);
                break;
            case ImageFormat.Jpeg:
                throw new NotSupportedException($"JPEG files are not written: {ImageSharpFeature.WhyLeftOut}. Write PNG.");
            default:
                throw new ArgumentOutOfRangeException(nameof(format), format, "Expected Jpeg or Png.");
        }
    }
}
