using Fovea.Detection;

namespace Fovea.Imaging;

/// <summary>Somebody's pixels where they lie: bytes of any order, rows from top to bottom, perhaps with a gap between them.</summary>
internal readonly ref struct PixelSource
{
    /// <param name="bytes">The rows.</param>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="format">The order of a pixel's bytes.</param>
    /// <param name="stride">From a row to the next, in bytes; 0: they are packed.</param>
    /// <exception cref="ArgumentException">The span or the stride does not fit.</exception>
    public PixelSource(ReadOnlySpan<byte> bytes, int width, int height, PixelFormat format = PixelFormat.Rgb, int stride = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        var row = (long)width * BytesOf(format);
        if (stride != 0 && stride < row)
        {
            throw new ArgumentException(
                $"stride: {width} pixels of {format} take {row} bytes a row: expected at least as many, or 0 for packed rows, "
                + $"found {stride}.");
        }

        // The last row's gap may be missing, as in a part of a picture.
        var whole = (stride == 0 ? row : stride) * height;
        var least = stride == 0 ? whole : whole - stride + row;
        if (bytes.Length < least || bytes.Length > whole)
        {
            var expected = least == whole ? $"{whole} bytes" : $"{whole} bytes, or {least} without the last row's gap";
            throw new ArgumentException(
                $"pixels: {width}×{height} of {format}{(stride == 0 ? "" : $" with a stride of {stride}")} take {expected}, "
                + $"found {bytes.Length}.");
        }

        Bytes = bytes;
        (Width, Height, Format, Stride) = (width, height, format, (int)(whole / height));
    }

    /// <summary>A picture's.</summary>
    public PixelSource(RgbImage image)
        : this(image.Pixels, image.Width, image.Height)
    {
    }

    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>In pixels.</summary>
    public int Width { get; }

    /// <summary>In pixels.</summary>
    public int Height { get; }

    public PixelFormat Format { get; }

    /// <summary>From a row to the next, in bytes.</summary>
    public int Stride { get; }

    /// <summary>Whether they are [Height, Width, 3].</summary>
    public bool IsPackedTriples => Stride == Width * 3 && Format is PixelFormat.Rgb or PixelFormat.Bgr;

    /// <summary>A part of the picture, where it lies.</summary>
    public PixelSource Window(in PictureTile tile)
    {
        var step = BytesOf(Format);
        var bytes = Bytes.Slice((tile.Y * Stride) + (tile.X * step), ((tile.Height - 1) * Stride) + (tile.Width * step));
        return new PixelSource(bytes, tile.Width, tile.Height, Format, Stride);
    }

    /// <summary>Copies red, green and blue of the pixels from the given one on, row after row.</summary>
    /// <param name="first">y · Width + x.</param>
    /// <param name="rgb">[pixels, 3].</param>
    public void CopyRgb(int first, Span<byte> rgb)
    {
        var step = BytesOf(Format);
        var (red, green, blue) = Format switch
        {
            PixelFormat.Rgb or PixelFormat.Rgba => (0, 1, 2),
            PixelFormat.Gray => (0, 0, 0),
            _ => (2, 1, 0),
        };
        while (rgb.Length > 0)
        {
            var (y, x) = Math.DivRem(first, Width);
            var count = Math.Min(Width - x, rgb.Length / 3);
            var row = Bytes.Slice((y * Stride) + (x * step), count * step);
            for (int i = 0, j = 0; i < row.Length; i += step, j += 3)
            {
                (rgb[j], rgb[j + 1], rgb[j + 2]) = (row[i + red], row[i + green], row[i + blue]);
            }

            rgb = rgb[(count * 3)..];
            first += count;
        }
    }

    private static int BytesOf(PixelFormat format) => format switch
    {
        PixelFormat.Rgb or PixelFormat.Bgr => 3,
        PixelFormat.Rgba or PixelFormat.Bgra => 4,
        PixelFormat.Gray => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Expected an order of bytes that PixelFormat names."),
    };
}
