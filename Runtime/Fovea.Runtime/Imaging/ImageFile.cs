using Fovea.Files;
using Fovea.Imaging;

namespace Fovea;

/// <summary>
/// Reads pictures of every kind that people label: JPEG (gray, CMYK, progressive, with EXIF orientation), PNG (palette, 16-bit, alpha,
/// interlaced), WebP, BMP, GIF and TIFF (the first frame). The content decides, not the file name. Pictures come upright, as 8-bit RGB,
/// without colour management; alpha is dropped, not blended. No native library is needed; <see cref="Codec"/> chooses another.
/// </summary>
public static class ImageFile
{
    private static volatile IImageCodec codec = new ManagedImageCodec();
    private static volatile ImageLimits limits = ImageLimits.Default;

    /// <summary>
    /// What decodes and encodes, in the whole process. May be set at any time on any thread: work that has begun ends with the codec that it
    /// began with. <c>ImageFile.Codec = new SkiaImageCodec();</c> is all that the package Fovea.Skia needs.
    /// </summary>
    public static IImageCodec Codec
    {
        get => codec;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            codec = value;
        }
    }

    /// <summary>
    /// How large pictures may be where nothing else is said, in the whole process. A detector and a data set may have their own
    /// (<see cref="DetectorOptions.ImageLimits"/>, <see cref="DatasetOptions.ImageLimits"/>): a server narrower ones.
    /// </summary>
    public static ImageLimits Limits
    {
        get => limits;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            limits = value;
        }
    }

    /// <summary>Decodes a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">How large it may be; null: <see cref="Limits"/>.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidImageException">It is no picture, damaged, cut off or too large.</exception>
    public static RgbImage Decode(string path, ImageLimits? limits = null)
    {
        limits ??= Limits;
        return Decode(ReadFile(path, limits), path, limits);
    }

    /// <summary>Decodes a stream from its position to its end.</summary>
    /// <param name="stream">Stays open.</param>
    /// <param name="name">How messages call it.</param>
    /// <param name="limits">How large it may be, which ends the reading; null: <see cref="Limits"/>.</param>
    /// <exception cref="InvalidImageException">It is no picture, damaged, cut off or too large.</exception>
    public static RgbImage Decode(Stream stream, string name = "image stream", ImageLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        limits ??= Limits;
        using var copy = new MemoryStream();
        Span<byte> part = stackalloc byte[4096];
        for (int read; (read = stream.Read(part)) > 0;)
        {
            copy.Write(part[..read]);
            limits.CheckBytes(copy.Length, name);
        }

        return Decode(copy.GetBuffer().AsSpan(0, (int)copy.Length), name, limits);
    }

    /// <summary>Decodes a file's content.</summary>
    /// <param name="content">The bytes of a JPEG, PNG, … file.</param>
    /// <param name="name">How messages call it.</param>
    /// <param name="limits">How large it may be; null: <see cref="Limits"/>.</param>
    /// <exception cref="InvalidImageException">It is no picture, damaged, cut off or too large.</exception>
    public static RgbImage Decode(ReadOnlySpan<byte> content, string name = "image", ImageLimits? limits = null) =>
        Decode(content, name, limits ?? Limits, Codec);

    /// <summary>The upright size in pixels; reads the header alone, and compares it with no limit.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidImageException">It is no picture.</exception>
    public static (int Width, int Height) ReadSize(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Guard(path, file =>
        {
            using var stream = file.OpenRead();
            return Codec.ReadHeader(stream, path).UprightSize;
        });
    }

    /// <summary>Writes a PNG file; what was there is replaced only when the new file is complete.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="path">The file; its folder is made where it is missing.</param>
    public static void SavePng(RgbImage image, string path) => Save(image, path, ImageFormat.Png, 100);

    /// <summary>Writes a JPEG file; what was there is replaced only when the new file is complete.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="path">The file; its folder is made where it is missing.</param>
    /// <param name="quality">1 … 100.</param>
    public static void SaveJpeg(RgbImage image, string path, int quality = 90) => Save(image, path, ImageFormat.Jpeg, quality);

    /// <summary>Writes a PNG or JPEG file, whichever the file name's extension says.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="path">Ends in .png, .jpg or .jpeg.</param>
    /// <exception cref="ArgumentException">The extension is another one.</exception>
    public static void Save(RgbImage image, string path)
    {
        switch (Path.GetExtension(path)?.ToUpperInvariant())
        {
            case ".PNG":
                SavePng(image, path);
                break;
            case ".JPG" or ".JPEG":
                SaveJpeg(image, path);
                break;
            default:
                throw new ArgumentException($"{path}: expected a file name that ends in .png, .jpg or .jpeg.", nameof(path));
        }
    }

    /// <summary>Decodes a file's content with a codec of one's own.</summary>
    internal static unsafe RgbImage Decode(ReadOnlySpan<byte> content, string name, ImageLimits limits, IImageCodec decoder)
    {
        limits.CheckBytes(content.Length, name);
        if (content.IsEmpty)
        {
            throw new InvalidImageException(name, $"expected a picture ({decoder.Formats}), found an empty file.");
        }

        fixed (byte* bytes = content)
        {
            using var stream = new UnmanagedMemoryStream(bytes, content.Length);
            var header = decoder.ReadHeader(stream, name);
            limits.Check(header, name);
            return UprightImage.Of(decoder.Decode(content, header, name), header.Orientation);
        }
    }

    /// <summary>A JPEG file's content.</summary>
    internal static byte[] EncodeJpeg(RgbImage image, int quality)
    {
        using var encoded = new MemoryStream();
        Codec.Encode(image, ImageFormat.Jpeg, quality, encoded);
        return encoded.ToArray();
    }

    private static void Save(RgbImage image, string path, ImageFormat format, int quality)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(quality, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quality, 100);
        using var encoded = new MemoryStream();
        Codec.Encode(image, format, quality, encoded);
        AtomicFile.Write(path, stream => stream.Write(encoded.GetBuffer(), 0, (int)encoded.Length), durable: false);
    }

    private static byte[] ReadFile(string path, ImageLimits limits)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Guard(path, file =>
        {
            limits.CheckBytes(file.Length, path);
            return File.ReadAllBytes(path);
        });
    }

    /// <summary>Reads a regular file: pipes and devices have no length, and opening them may wait for ever.</summary>
    private static T Guard<T>(string path, Func<FileInfo, T> read)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            throw new FileNotFoundException($"{path}: expected a picture, found no file of this name.", path);
        }

        try
        {
            return file.Length == 0
                ? throw new InvalidImageException(path, $"expected a picture ({Codec.Formats}), found an empty file, a pipe or a device.")
                : read(file);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new InvalidImageException(path, $"cannot be read: {e.Message} Give access to it, or remove it.", e);
        }
    }
}
