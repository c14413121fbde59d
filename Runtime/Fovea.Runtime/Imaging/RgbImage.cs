namespace Fovea;

/// <summary>A picture in memory: 8-bit red, green and blue, interleaved, rows from top to bottom, upright.</summary>
public sealed class RgbImage
{
    /// <summary>A black picture.</summary>
    /// <param name="width">In pixels, at least 1.</param>
    /// <param name="height">In pixels, at least 1.</param>
    public RgbImage(int width, int height)
        : this(width, height, new byte[checked(Positive(width, nameof(width)) * Positive(height, nameof(height)) * 3)])
    {
    }

    /// <summary>A picture of given pixels, which are not copied.</summary>
    /// <param name="width">In pixels, at least 1.</param>
    /// <param name="height">In pixels, at least 1.</param>
    /// <param name="pixels">[height, width, 3].</param>
    /// <exception cref="ArgumentException">The array's length is not height · width · 3.</exception>
    public RgbImage(int width, int height, byte[] pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        var expected = (long)Positive(width, nameof(width)) * Positive(height, nameof(height)) * 3;
        if (pixels.Length != expected)
        {
            throw new ArgumentException(
                $"{width}×{height} pixels of 3 bytes take {expected} bytes, but the array has {pixels.Length}.", nameof(pixels));
        }

        Width = width;
        Height = height;
        Pixels = pixels;
    }

    /// <summary>In pixels.</summary>
    public int Width { get; }

    /// <summary>In pixels.</summary>
    public int Height { get; }

    /// <summary>[Height, Width, 3]; the picture's own memory.</summary>
    public byte[] Pixels { get; }

    /// <summary>Red, green and blue of the pixel in column <paramref name="x"/> and row <paramref name="y"/>.</summary>
    public Span<byte> this[int x, int y]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)x, (uint)Width, nameof(x));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)y, (uint)Height, nameof(y));
            return Pixels.AsSpan(((y * Width) + x) * 3, 3);
        }
    }

    /// <summary>[Width, 3], the row <paramref name="y"/>.</summary>
    public Span<byte> Row(int y) => Pixels.AsSpan(y * Width * 3, Width * 3);

    /// <summary>A copy with pixels of its own.</summary>
    public RgbImage Clone() => new(Width, Height, (byte[])Pixels.Clone());

    private static int Positive(int value, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value, name);
        return value;
    }
}
