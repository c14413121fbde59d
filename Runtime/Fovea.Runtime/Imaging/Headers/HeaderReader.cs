namespace Fovea.Imaging.Headers;

/// <summary>Kind, stored size and orientation of a file. It looks at headers alone: no pixels, and nothing is kept of what lies between.</summary>
internal static class HeaderReader
{
    /// <summary>What the file declares, or null where it is no picture or its header is not whole.</summary>
    public static ImageHeader? TryRead(Stream content)
    {
        var file = new ByteReader(content);
        try
        {
            return file switch
            {
                _ when file.Has(0, [0xFF, 0xD8, 0xFF]) => JpegHeader.Read(file),
                _ when file.Has(0, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) => ReadPng(file),
                _ when file.Has(0, "RIFF"u8) && file.Has(8, "WEBP"u8) => WebpHeader.Read(file),
                _ when file.Has(0, "GIF87a"u8) || file.Has(0, "GIF89a"u8) => ReadGif(file),
                _ when file.Has(0, "II*\0"u8) || file.Has(0, "MM\0*"u8) => TiffHeader.Read(file),
                _ when file.Has(0, "BM"u8) => ReadBmp(file),
                _ => null,
            };
        }
        catch (EndOfStreamException)
        {
            return null;
        }
    }

    /// <remarks>Source: PNG (third edition), 11.2.1.</remarks>
    private static ImageHeader? ReadPng(ByteReader file) =>
        file.UInt32(8) == 13 && file.Has(12, "IHDR"u8) ? Sized(ImageFormat.Png, file.UInt32(16), file.UInt32(20)) : null;

    /// <remarks>Source: GIF89a, section 18. The logical screen is the picture.</remarks>
    private static ImageHeader? ReadGif(ByteReader file)
    {
        file.IsBigEndian = false;
        return Sized(ImageFormat.Gif, file.UInt16(6), file.UInt16(8));
    }

    /// <summary>Windows' headers have 32-bit sides, a negative height where rows come from the top; OS/2's first one 16-bit sides.</summary>
    private static ImageHeader? ReadBmp(ByteReader file)
    {
        file.IsBigEndian = false;
        return file.UInt32(14) switch
        {
            12 => Sized(ImageFormat.Bmp, file.UInt16(18), file.UInt16(20)),
            >= 16 and <= 124 => Sized(ImageFormat.Bmp, file.UInt32(18), (uint)Math.Abs((long)(int)file.UInt32(22))),
            _ => null,
        };
    }

    /// <summary>Null where a side is no number of pixels.</summary>
    public static ImageHeader? Sized(ImageFormat format, uint width, uint height, ImageOrientation orientation = ImageOrientation.TopLeft) =>
        width is > 0 and <= int.MaxValue && height is > 0 and <= int.MaxValue
            ? new ImageHeader(format, (int)width, (int)height, orientation)
            : null;

    private static ImageHeader? Sized(ImageFormat format, int width, int height) => Sized(format, (uint)width, (uint)height);
}
