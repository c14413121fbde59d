namespace Fovea.Imaging.Headers;

/// <summary>A WebP file's canvas and its EXIF orientation.</summary>
/// <remarks>Source: RFC 9649; RFC 6386, 9.1.</remarks>
internal static class WebpHeader
{
    private const int HasExif = 8;

    /// <summary>Chunks that are looked at for EXIF data, which stands behind an animation's frames.</summary>
    private const int MostChunks = 10_000;

    public static ImageHeader? Read(ByteReader file)
    {
        file.IsBigEndian = false;
        if (file.Has(12, "VP8X"u8))
        {
            var orientation = (file.Byte(20) & HasExif) != 0 ? ReadOrientation(file) : ImageOrientation.TopLeft;
            return HeaderReader.Sized(ImageFormat.Webp, (uint)file.UInt24(24) + 1, (uint)file.UInt24(27) + 1, orientation);
        }

        return FrameSize(file, 12) is var (width, height) ? HeaderReader.Sized(ImageFormat.Webp, width, height) : null;
    }

    /// <summary>The size in the bits of a VP8 or VP8L chunk, or null where there is none.</summary>
    /// <param name="file">Little-endian.</param>
    /// <param name="at">The chunk's name.</param>
    public static (uint Width, uint Height)? FrameSize(ByteReader file, long at)
    {
        if (file.Has(at, "VP8 "u8) && file.Has(at + 11, [0x9D, 0x01, 0x2A]))
        {
            return ((uint)file.UInt16(at + 14) & 0x3FFF, (uint)file.UInt16(at + 16) & 0x3FFF);
        }

        if (file.Has(at, "VP8L"u8) && file.Byte(at + 8) == 0x2F)
        {
            var bits = file.UInt32(at + 9);
            return ((bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1);
        }

        return null;
    }

    private static ImageOrientation ReadOrientation(ByteReader file)
    {
        long at = 12;
        for (var i = 0; i < MostChunks && at + 8 <= file.Length; i++)
        {
            var length = file.UInt32(at + 4);
            if (file.Has(at, "EXIF"u8))
            {
                // Some writers keep JPEG's prefix.
                var start = at + (file.Has(at + 8, "Exif\0\0"u8) ? 14 : 8);
                var orientation = TiffHeader.ReadOrientation(file, start, at + 8 + length);
                file.IsBigEndian = false;
                return orientation;
            }

            at += 8 + length + (length & 1);
        }

        return ImageOrientation.TopLeft;
    }
}
