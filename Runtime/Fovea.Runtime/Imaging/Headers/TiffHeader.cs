namespace Fovea.Imaging.Headers;

/// <summary>Size and orientation of a TIFF file's first page, and the orientation of EXIF, which is a TIFF file inside another.</summary>
/// <remarks>Source: TIFF 6.0, section 2.</remarks>
internal static class TiffHeader
{
    private const int Width = 256, Height = 257, Orientation = 274;

    public static ImageHeader? Read(ByteReader file)
    {
        var (width, height, orientation) = (0u, 0u, ImageOrientation.TopLeft);
        foreach (var (tag, value) in Numbers(file, 0, file.Length))
        {
            (width, height, orientation) = tag switch
            {
                Width => (value, height, orientation),
                Height => (width, value, orientation),
                Orientation => (width, height, Known(value)),
                _ => (width, height, orientation),
            };
        }

        return HeaderReader.Sized(ImageFormat.Tiff, width, height, orientation);
    }

    /// <summary>The orientation that EXIF data says; what is not whole says nothing.</summary>
    /// <param name="file">The file; its order of bytes is left as EXIF's.</param>
    /// <param name="start">Where the data's own header lies.</param>
    /// <param name="end">Behind its last byte.</param>
    public static ImageOrientation ReadOrientation(ByteReader file, long start, long end)
    {
        var before = file.IsBigEndian;
        try
        {
            foreach (var (tag, value) in Numbers(file, start, Math.Min(end, file.Length)))
            {
                if (tag == Orientation)
                {
                    return Known(value);
                }
            }

            return ImageOrientation.TopLeft;
        }
        catch (EndOfStreamException)
        {
            return ImageOrientation.TopLeft;
        }
        finally
        {
            file.IsBigEndian = before;
        }
    }

    /// <summary>The first directory's entries of one number.</summary>
    private static IEnumerable<(int Tag, uint Value)> Numbers(ByteReader file, long start, long end)
    {
        const int Short = 3, Long = 4, EntryBytes = 12;
        if (end - start < 8 || !(file.Has(start, "II*\0"u8) || file.Has(start, "MM\0*"u8)))
        {
            yield break;
        }

        file.IsBigEndian = file.Byte(start) == 'M';
        var directory = start + file.UInt32(start + 4);
        if (directory + 2 > end)
        {
            yield break;
        }

        var last = Math.Min(directory + 2 + (file.UInt16(directory) * EntryBytes), end);
        for (var at = directory + 2; at + EntryBytes <= last; at += EntryBytes)
        {
            var (tag, type, count) = (file.UInt16(at), file.UInt16(at + 2), file.UInt32(at + 4));
            if (count == 1 && type is Short or Long)
            {
                yield return (tag, type == Short ? (uint)file.UInt16(at + 8) : file.UInt32(at + 8));
            }
        }
    }

    private static ImageOrientation Known(uint value) => value is >= 1 and <= 8 ? (ImageOrientation)value : ImageOrientation.TopLeft;
}
