using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Fovea.Imaging.Codecs;

/// <summary>How a PNG file's pixels lie in its rows, and how they become RGB.</summary>
/// <remarks>Source: PNG (third edition), 11.2.1 and 13.12.</remarks>
internal sealed class PngLayout
{
    private const byte Gray = 0, Rgb = 2, Palette = 3, GrayAlpha = 4, RgbAlpha = 6;

    private readonly byte kind;
    private readonly int bits;
    private readonly int samples;

    private PngLayout(byte bits, byte kind, bool isInterlaced)
    {
        (this.bits, this.kind, IsInterlaced) = (bits, kind, isInterlaced);
        samples = kind switch
        {
            Gray or Palette => 1,
            GrayAlpha => 2,
            Rgb => 3,
            _ => 4,
        };
    }

    public bool IsInterlaced { get; }

    /// <summary>Set where the file has colours for its pixels' numbers.</summary>
    public bool HasPalette { get; set; }

    /// <summary>Bytes from a pixel to the one that filters compare it with, at least 1.</summary>
    public int Step => Math.Max(1, bits * samples / 8);

    /// <param name="header">IHDR's data.</param>
    public static PngLayout Read(ReadOnlySpan<byte> header)
    {
        var (bits, kind, interlace) = (header[8], header[9], header[12]);
        var isKnown = kind switch
        {
            Gray => bits is 1 or 2 or 4 or 8 or 16,
            Palette => bits is 1 or 2 or 4 or 8,
            Rgb or GrayAlpha or RgbAlpha => bits is 8 or 16,
            _ => false,
        };
        return isKnown && header[10] == 0 && header[11] == 0 && interlace <= 1
            ? new PngLayout(bits, kind, interlace == 1)
            : throw ImageDataException.Damaged($"{bits} bits of kind {kind}, packed {header[10]}, filtered {header[11]}, interlaced {interlace}");
    }

    /// <summary>Bytes of so many pixels, without the filter's.</summary>
    public int RowBytes(int width) => checked((int)((((long)width * bits * samples) + 7) / 8));

    /// <summary>Converts a row.</summary>
    /// <param name="row">As it is in the file, its filter undone.</param>
    /// <param name="palette">[256, 3].</param>
    /// <param name="rgb">[width, 3].</param>
    public void ToRgb(ReadOnlySpan<byte> row, ReadOnlySpan<byte> palette, Span<byte> rgb)
    {
        switch (kind)
        {
            case Palette:
                Paint(row, HasPalette ? palette : throw ImageDataException.Damaged("it has no palette"), rgb);
                break;
            case Gray when bits < 8:
                Widen(row, rgb);
                break;
            case Gray or GrayAlpha:
                Repeat(row, samples * bits / 8, rgb);
                break;
            case Rgb when bits == 8:
                row.CopyTo(rgb);
                break;
            case RgbAlpha when bits == 8:
                DropFourth(row, rgb);
                break;
            default:
                HighBytes(row, 2 * samples, rgb);
                break;
        }
    }

    /// <summary>The number of pixel x, whose bits begin at the byte's highest.</summary>
    private int NumberAt(ReadOnlySpan<byte> row, int x)
    {
        var first = x * bits;
        return (row[first >> 3] >> (8 - bits - (first & 7))) & ((1 << bits) - 1);
    }

    private void Paint(ReadOnlySpan<byte> row, ReadOnlySpan<byte> palette, Span<byte> rgb)
    {
        for (int x = 0, j = 0; j < rgb.Length; x++, j += 3)
        {
            var i = 3 * (bits == 8 ? row[x] : NumberAt(row, x));
            (rgb[j], rgb[j + 1], rgb[j + 2]) = (palette[i], palette[i + 1], palette[i + 2]);
        }
    }

    private void Widen(ReadOnlySpan<byte> row, Span<byte> rgb)
    {
        var scale = 255 / ((1 << bits) - 1);
        for (int x = 0, j = 0; j < rgb.Length; x++, j += 3)
        {
            rgb[j] = rgb[j + 1] = rgb[j + 2] = (byte)(NumberAt(row, x) * scale);
        }
    }

    private static void Repeat(ReadOnlySpan<byte> row, int step, Span<byte> rgb)
    {
        for (int i = 0, j = 0; j < rgb.Length; i += step, j += 3)
        {
            rgb[j] = rgb[j + 1] = rgb[j + 2] = row[i];
        }
    }

    private static void HighBytes(ReadOnlySpan<byte> row, int step, Span<byte> rgb)
    {
        for (int i = 0, j = 0; j < rgb.Length; i += step, j += 3)
        {
            (rgb[j], rgb[j + 1], rgb[j + 2]) = (row[i], row[i + 2], row[i + 4]);
        }
    }

    private static void DropFourth(ReadOnlySpan<byte> row, Span<byte> rgb)
    {
        ref var from = ref MemoryMarshal.GetReference(row);
        ref var to = ref MemoryMarshal.GetReference(rgb);
        var packed = Vector128.Create((byte)0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 0, 0, 0, 0);
        var (i, j) = (0, 0);
        for (; j <= rgb.Length - Vector128<byte>.Count; i += 16, j += 12)
        {
            Vector128.Shuffle(Vector128.LoadUnsafe(ref from, (nuint)i), packed).StoreUnsafe(ref to, (nuint)j);
        }

        for (; j < rgb.Length; i += 4, j += 3)
        {
            (rgb[j], rgb[j + 1], rgb[j + 2]) = (row[i], row[i + 1], row[i + 2]);
        }
    }
}
