namespace Fovea;

/// <summary>
/// How large a picture file may be. What it declares is compared before any memory for pixels is asked for, so that a small file that
/// claims to be a huge picture costs nothing.
/// </summary>
public sealed record ImageLimits
{
    private const long MostPixels = 0x7FFF_FFC7 / 3;

    /// <summary>64 megapixels, 512 MiB.</summary>
    public static ImageLimits Default { get; } = new();

    /// <summary>Width · height at the most; an array of RGB holds 715 million.</summary>
    public long MaxPixels
    {
        get;
        init => field = value is >= 1 and <= MostPixels
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(MaxPixels), value, $"ImageLimits.MaxPixels: expected 1 … {MostPixels}, found {value}.");
    }

    = 1L << 26;

    /// <summary>Bytes of a file, or of a stream, at the most.</summary>
    public long MaxBytes
    {
        get;
        init => field = value is >= 1 and <= 0x7FFF_FFC7
            ? value
            : throw new ArgumentOutOfRangeException(nameof(MaxBytes), value, $"ImageLimits.MaxBytes: expected 1 … {0x7FFF_FFC7}, found {value}.");
    }

    = 512L << 20;

    internal void Check(in ImageHeader header, string name)
    {
        if (header.Width < 1 || header.Height < 1 || header.Pixels > MaxPixels)
        {
            throw new InvalidImageException(
                name,
                $"expected between 1 and {MaxPixels} pixels, found a size of {header.Width}×{header.Height}"
                + (header.Pixels > MaxPixels ? "; make it smaller, or raise ImageLimits.MaxPixels." : "."));
        }
    }

    internal void CheckBytes(long length, string name)
    {
        if (length > MaxBytes)
        {
            throw new InvalidImageException(
                name, $"expected a picture of at most {MaxBytes} bytes, found {length}; make it smaller, or raise ImageLimits.MaxBytes.");
        }
    }
}
