namespace Fovea.Imaging.Headers;

/// <summary>A JPEG file's frame and its EXIF orientation.</summary>
/// <remarks>Source: ITU-T T.81, annex B.</remarks>
internal static class JpegHeader
{
    /// <summary>Bytes between two segments that are passed over, as libjpeg does with what is not there by the book.</summary>
    private const int MostGarbage = 4096;

    /// <summary>Segments before the frame; 64 KiB of a profile take one.</summary>
    private const int MostSegments = 10_000;

    /// <summary>Null where the pixels begin before a frame does.</summary>
    public static ImageHeader? Read(ByteReader file)
    {
        var orientation = ImageOrientation.TopLeft;
        var isTold = false;
        long at = 2;
        for (var i = 0; i < MostSegments && TryFindMarker(file, ref at) is { } marker; i++)
        {
            if (IsFrame(marker))
            {
                return HeaderReader.Sized(ImageFormat.Jpeg, (uint)file.UInt16(at + 5), (uint)file.UInt16(at + 3), orientation);
            }

            if (marker is 0xD9 or 0xDA)
            {
                return null;
            }

            if (marker is 0x01 or >= 0xD0 and <= 0xD8)
            {
                continue;
            }

            var length = file.UInt16(at);
            if (marker == 0xE1 && !isTold && file.Has(at + 2, "Exif\0\0"u8))
            {
                orientation = TiffHeader.ReadOrientation(file, at + 8, at + length);
                isTold = true;
            }

            at += Math.Max(2, length);
        }

        return null;
    }

    /// <summary>SOF0 … SOF15, of which DHT, JPG and DAC have taken three places.</summary>
    private static bool IsFrame(byte marker) => marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);

    /// <summary>The next marker's second byte, and the position behind it.</summary>
    private static byte? TryFindMarker(ByteReader file, ref long at)
    {
        for (var end = at + MostGarbage; at < end;)
        {
            if (file.Byte(at++) != 0xFF)
            {
                continue;
            }

            while (file.Byte(at) == 0xFF)
            {
                at++;
            }

            if (file.Byte(at++) is not 0 and var marker)
            {
                return marker;
            }
        }

        return null;
    }
}
