namespace Fovea.Imaging.Codecs;

/// <summary>What a JPEG file's components are.</summary>
internal enum JpegColors
{
    Unknown,
    Gray,
    Rgb,
    YCbCr,
    Cmyk,
    Ycck,
}

/// <summary>A JPEG file's components.</summary>
/// <param name="Colors">What they are.</param>
/// <param name="Horizontal">Columns of luma for each of chroma, where they are the same for both chromas; else 1.</param>
/// <param name="Vertical">Rows of luma for each of chroma.</param>
internal readonly record struct JpegFrame(JpegColors Colors, int Horizontal, int Vertical)
{
    /// <param name="segment">SOF's length and data.</param>
    /// <param name="hasJfif">Whether JFIF's marker came before: three components are then YCbCr.</param>
    /// <param name="adobe">What Adobe's marker says of colours, −1 without one.</param>
    public static JpegFrame Read(ReadOnlySpan<byte> segment, bool hasJfif, int adobe)
    {
        var count = segment.Length >= 8 ? segment[7] : 0;
        if (segment.Length != 8 + (3 * count))
        {
            throw ImageDataException.Damaged("a frame of another length than its components take");
        }

        var components = segment[8..];
        return count switch
        {
            1 => new JpegFrame(JpegColors.Gray, 1, 1),
            3 => Three(components, hasJfif, adobe),
            4 => new JpegFrame(adobe > 0 ? JpegColors.Ycck : JpegColors.Cmyk, 1, 1),
            _ => throw ImageDataException.NotSupported($"{count} components"),
        };
    }

    private static JpegFrame Three(ReadOnlySpan<byte> components, bool hasJfif, int adobe)
    {
        var isRgb = !hasJfif && (adobe == 0 || (adobe < 0 && components[0] == 'R' && components[3] == 'G' && components[6] == 'B'));
        if (isRgb)
        {
            return new JpegFrame(JpegColors.Rgb, 1, 1);
        }

        var (luma, blue, red) = (components[1], components[4], components[7]);
        var (across, down) = (Ratio(luma >> 4, blue >> 4), Ratio(luma & 15, blue & 15));
        return blue == red ? new JpegFrame(JpegColors.YCbCr, across, down) : new JpegFrame(JpegColors.YCbCr, 1, 1);
    }

    private static int Ratio(int luma, int chroma) => chroma > 0 && luma % chroma == 0 ? luma / chroma : 1;
}
