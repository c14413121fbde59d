using System.Buffers;
using SkiaSharp;

namespace Fovea;

/// <summary>
/// Pictures by SkiaSharp, a native library: <c>ImageFile.Codec = new SkiaImageCodec();</c> before the first picture is read. It reads no
/// TIFF. What it is worth is measured in docs/data.md.
/// </summary>
public sealed class SkiaImageCodec : IImageCodec
{
    /// <inheritdoc/>
    public string Name => $"SkiaSharp {SkiaSharpVersion.Native}";

    /// <inheritdoc/>
    public string Formats => "JPEG, PNG, WebP, BMP or GIF";

    /// <inheritdoc/>
    public ImageHeader ReadHeader(Stream content, string name)
    {
        ArgumentNullException.ThrowIfNull(content);

        // Skia's own stream is closed with the codec; the caller's is not.
        using var codec = SKCodec.Create(new SKManagedStream(content, disposeManagedStream: false))
            ?? throw InvalidImageException.NotAPicture(name, Formats, content);
        return new ImageHeader(FormatOf(codec.EncodedFormat), codec.Info.Width, codec.Info.Height, (ImageOrientation)codec.EncodedOrigin);
    }

    /// <inheritdoc/>
    public unsafe RgbImage Decode(ReadOnlySpan<byte> content, in ImageHeader header, string name)
    {
        // Decoding happens many times a second in training: the four-channel buffer is borrowed.
        var rgba = ArrayPool<byte>.Shared.Rent(checked(header.Width * header.Height * 4));
        try
        {
            fixed (byte* file = content, pixels = rgba)
            {
                using var data = SKData.Create((IntPtr)file, content.Length);
                using var codec = SKCodec.Create(data);
                var info = new SKImageInfo(header.Width, header.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
                return codec?.GetPixels(info, (IntPtr)pixels) switch
                {
                    SKCodecResult.Success => DropAlpha(rgba, header),
                    SKCodecResult.IncompleteInput => throw InvalidImageException.CutOff(name, header, content.Length),
                    var result => throw InvalidImageException.Damaged(name, header, $"{result}"),
                };
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rgba);
        }
    }

    /// <inheritdoc/>
    public unsafe void Encode(RgbImage image, ImageFormat format, int quality, Stream destination)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(destination);
        if (format is not (ImageFormat.Jpeg or ImageFormat.Png))
        {
            throw new ArgumentOutOfRangeException(nameof(format), format, "Expected Jpeg or Png.");
        }

        var rgba = new byte[checked(image.Width * image.Height * 4)];
        for (int i = 0, j = 0; j < rgba.Length; i += 3, j += 4)
        {
            (rgba[j], rgba[j + 1], rgba[j + 2], rgba[j + 3]) = (image.Pixels[i], image.Pixels[i + 1], image.Pixels[i + 2], 255);
        }

        fixed (byte* pixels = rgba)
        {
            var info = new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
            using var pixmap = new SKPixmap(info, (IntPtr)pixels);

            // On photographs half the time of the filter "sub" and smaller; level 9 would take ten times as long for a fifth of the bytes.
            using var encoded = (format == ImageFormat.Png
                ? pixmap.Encode(new SKPngEncoderOptions(SKPngEncoderFilterFlags.Up, 1))
                : pixmap.Encode(SKEncodedImageFormat.Jpeg, quality))
                ?? throw new InvalidOperationException($"The {format} encoder refused {image.Width}×{image.Height} pixels.");
            encoded.SaveTo(destination);
        }
    }

    private static RgbImage DropAlpha(ReadOnlySpan<byte> rgba, in ImageHeader header)
    {
        var rgb = GC.AllocateUninitializedArray<byte>(checked(header.Width * header.Height * 3));
        for (int i = 0, j = 0; j < rgb.Length; i += 4, j += 3)
        {
            (rgb[j], rgb[j + 1], rgb[j + 2]) = (rgba[i], rgba[i + 1], rgba[i + 2]);
        }

        return new RgbImage(header.Width, header.Height, rgb);
    }

    private static ImageFormat FormatOf(SKEncodedImageFormat format) => format switch
    {
        SKEncodedImageFormat.Jpeg => ImageFormat.Jpeg,
        SKEncodedImageFormat.Png => ImageFormat.Png,
        SKEncodedImageFormat.Webp => ImageFormat.Webp,
        SKEncodedImageFormat.Bmp => ImageFormat.Bmp,
        SKEncodedImageFormat.Gif => ImageFormat.Gif,
        _ => ImageFormat.Other,
    };
}
