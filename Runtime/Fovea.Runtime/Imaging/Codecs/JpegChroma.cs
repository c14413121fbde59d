using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SixLabors.ImageSharp.PixelFormats;

namespace Fovea.Imaging.Codecs;

/// <summary>
/// From Y, Cb and Cr to RGB as libjpeg does it, to the bit: chroma of half the columns, half the rows or both is interpolated between
/// its four nearest samples with weights of 9, 3, 3 and 1 sixteenths (two samples: 3 and 1 quarters); other ratios repeat it.
/// </summary>
/// <remarks>Source: libjpeg-turbo, jdsample.c (h2v1_fancy_upsample, h1v2_fancy_upsample, h2v2_fancy_upsample) and jdcolor.c.</remarks>
internal static class JpegChroma
{
    /// <summary>Converts a picture.</summary>
    /// <param name="planes">[height, width] of Y, Cb and Cr in red, green and blue; chroma is repeated to the size of luma.</param>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="across">Columns of luma for each of chroma.</param>
    /// <param name="down">Rows of luma for each of chroma.</param>
    /// <param name="rgb">[height, width, 3].</param>
    public static void ToRgb(ReadOnlySpan<Rgba32> planes, int width, int height, int across, int down, Span<byte> rgb)
    {
        // libjpeg interpolates columns where there are more than two of chroma, and these ratios alone.
        var (wide, tall) = (across == 2, down == 2);
        var isInterpolated = (across, down) is (2, 1) or (1, 2) or (2, 2) && !(wide && (width + 1) / 2 <= 2);
        var columns = wide ? (width + 1) / 2 : width;
        var sums = ArrayPool<short>.Shared.Rent(2 * columns);
        var chroma = ArrayPool<byte>.Shared.Rent((2 * width) + (4 * Vector128<byte>.Count));
        try
        {
            var sumBlue = sums.AsSpan(0, columns);
            var sumRed = sums.AsSpan(columns, columns);
            var stride = width + (2 * Vector128<byte>.Count);
            var blue = chroma.AsSpan(0, stride);
            var red = chroma.AsSpan(stride);
            for (var y = 0; y < height; y++)
            {
                var row = planes.Slice(y * width, width);
                if (isInterpolated)
                {
                    Sum(planes, width, height, y, wide, tall, sumBlue, sumRed);
                    Widen(sumBlue, wide, tall, y, blue);
                    Widen(sumRed, wide, tall, y, red);
                }
                else
                {
                    Split(row, blue, red);
                }

                Convert(row, blue, red, rgb.Slice(y * width * 3, width * 3));
            }
        }
        finally
        {
            ArrayPool<short>.Shared.Return(sums);
            ArrayPool<byte>.Shared.Return(chroma);
        }
    }

    /// <summary>Samples of a row of chroma: 3 · nearest row + 1 · next nearest, or, where rows are not widened, the row itself.</summary>
    private static void Sum(
        ReadOnlySpan<Rgba32> planes, int width, int height, int y, bool wide, bool tall, Span<short> blue, Span<short> red)
    {
        var step = wide ? 2 : 1;
        if (!tall)
        {
            ref var pixel = ref MemoryMarshal.GetReference(planes.Slice(y * width, width));
            for (var x = 0; x < blue.Length; x++)
            {
                ref readonly var p = ref Unsafe.Add(ref pixel, x * step);
                (blue[x], red[x]) = (p.G, p.B);
            }

            return;
        }

        // Chroma row c is repeated in rows 2c and 2c + 1 of the planes; beyond the edge is the edge's row.
        var last = (height - 1) / 2;
        var nearest = y / 2;
        var next = Math.Clamp((y & 1) == 0 ? nearest - 1 : nearest + 1, 0, last);
        ref var near = ref MemoryMarshal.GetReference(planes.Slice(nearest * 2 * width, width));
        ref var far = ref MemoryMarshal.GetReference(planes.Slice(next * 2 * width, width));
        for (var x = 0; x < blue.Length; x++)
        {
            ref readonly var n = ref Unsafe.Add(ref near, x * step);
            ref readonly var f = ref Unsafe.Add(ref far, x * step);
            (blue[x], red[x]) = ((short)((3 * n.G) + f.G), (short)((3 * n.B) + f.B));
        }
    }

    /// <summary>A row of chroma as wide as luma, of the sums of its rows.</summary>
    private static void Widen(ReadOnlySpan<short> sums, bool wide, bool tall, int y, Span<byte> row)
    {
        if (!wide)
        {
            // Of two rows alone: rounded down in the upper, up in the lower row.
            var half = (y & 1) == 0 ? 1 : 2;
            for (var x = 0; x < sums.Length; x++)
            {
                row[x] = (byte)((sums[x] + half) >> 2);
            }

            return;
        }

        // Of four samples: (3s + t + 8) / 16 left, (3s + t + 7) / 16 right; of two: (3s + t + 1) / 4 and (3s + t + 2) / 4.
        var (left, right, shift) = tall ? (8, 7, 4) : (1, 2, 2);
        var end = sums.Length - 1;
        var whole = tall ? 2 : 0;
        row[0] = (byte)(((sums[0] << whole) + (tall ? left : 0)) >> (tall ? shift : 0));
        row[1] = (byte)(((3 * sums[0]) + sums[1] + right) >> shift);
        var i = 1;
        ref var sum = ref MemoryMarshal.GetReference(sums);
        ref var pair = ref Unsafe.As<byte, short>(ref MemoryMarshal.GetReference(row));
        var (lefts, rights) = (Vector128.Create((short)left), Vector128.Create((short)right));
        for (; i <= end - Vector128<short>.Count; i += Vector128<short>.Count)
        {
            var three = Vector128.LoadUnsafe(ref sum, (nuint)i) * 3;
            var even = (three + Vector128.LoadUnsafe(ref sum, (nuint)(i - 1)) + lefts) >>> shift;
            var odd = (three + Vector128.LoadUnsafe(ref sum, (nuint)(i + 1)) + rights) >>> shift;
            (even | (odd << 8)).StoreUnsafe(ref pair, (nuint)i);
        }

        for (; i < end; i++)
        {
            row[2 * i] = (byte)(((3 * sums[i]) + sums[i - 1] + left) >> shift);
            row[(2 * i) + 1] = (byte)(((3 * sums[i]) + sums[i + 1] + right) >> shift);
        }

        row[2 * end] = (byte)(((3 * sums[end]) + sums[end - 1] + left) >> shift);
        row[(2 * end) + 1] = (byte)(((sums[end] << whole) + (tall ? right : 0)) >> (tall ? shift : 0));
    }

    private static void Split(ReadOnlySpan<Rgba32> row, Span<byte> blue, Span<byte> red)
    {
        for (var x = 0; x < row.Length; x++)
        {
            (blue[x], red[x]) = (row[x].G, row[x].B);
        }
    }

    /// <summary>R = Y + 1.402 Cr, G = Y − 0.344136 Cb − 0.714136 Cr, B = Y + 1.772 Cb, in sixteen bits of fraction.</summary>
    private static void Convert(ReadOnlySpan<Rgba32> luma, ReadOnlySpan<byte> blue, ReadOnlySpan<byte> red, Span<byte> rgb)
    {
        const int RedOfRed = 91881, GreenOfBlue = -22554, GreenOfRed = -46802, BlueOfBlue = 116130, Half = 1 << 15;
        ref var y = ref Unsafe.As<Rgba32, int>(ref MemoryMarshal.GetReference(luma));
        ref var cb = ref MemoryMarshal.GetReference(blue);
        ref var cr = ref MemoryMarshal.GetReference(red);
        ref var to = ref MemoryMarshal.GetReference(rgb);
        var packed = Vector128.Create((byte)0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 0, 0, 0, 0);
        var (zero, white, bias) = (Vector256<int>.Zero, Vector256.Create(255), Vector256.Create(128));
        var x = 0;

        // A store writes four bytes more than its four pixels take: the last pixels of the row are written one by one.
        for (; x <= luma.Length - Vector256<int>.Count - 2; x += Vector256<int>.Count)
        {
            var light = Vector256.LoadUnsafe(ref y, (nuint)x) & white;
            var b = Wide(ref cb, x) - bias;
            var r = Wide(ref cr, x) - bias;
            var half = Vector256.Create(Half);
            var outRed = light + (((r * RedOfRed) + half) >> 16);
            var outGreen = light + (((b * GreenOfBlue) + (r * GreenOfRed) + half) >> 16);
            var outBlue = light + (((b * BlueOfBlue) + half) >> 16);
            var pixels = Vector256.Clamp(outRed, zero, white) | (Vector256.Clamp(outGreen, zero, white) << 8)
                | (Vector256.Clamp(outBlue, zero, white) << 16);
            Vector128.Shuffle(pixels.GetLower().AsByte(), packed).StoreUnsafe(ref to, (nuint)(3 * x));
            Vector128.Shuffle(pixels.GetUpper().AsByte(), packed).StoreUnsafe(ref to, (nuint)((3 * x) + 12));
        }

        for (; x < luma.Length; x++)
        {
            var (light, b, r) = (luma[x].R, blue[x] - 128, red[x] - 128);
            rgb[3 * x] = (byte)Math.Clamp(light + (((r * RedOfRed) + Half) >> 16), 0, 255);
            rgb[(3 * x) + 1] = (byte)Math.Clamp(light + (((b * GreenOfBlue) + (r * GreenOfRed) + Half) >> 16), 0, 255);
            rgb[(3 * x) + 2] = (byte)Math.Clamp(light + (((b * BlueOfBlue) + Half) >> 16), 0, 255);
        }
    }

    private static Vector256<int> Wide(ref byte row, int x)
    {
        var eight = Vector64.LoadUnsafe(ref row, (nuint)x);
        var shorts = Vector128.Create(Vector64.WidenLower(eight), Vector64.WidenUpper(eight));
        return Vector256.Create(Vector128.WidenLower(shorts).AsInt32(), Vector128.WidenUpper(shorts).AsInt32());
    }
}
