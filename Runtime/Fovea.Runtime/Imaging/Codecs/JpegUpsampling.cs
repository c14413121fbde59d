using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Fovea.Imaging.Codecs;

/// <summary>
/// Rows of a component at the picture's size, as libjpeg makes them, to the bit: of half the columns, half the rows or both they are
/// interpolated between the four nearest samples with weights of 9, 3, 3 and 1 sixteenths (two samples: 3 and 1 quarters); other ratios
/// repeat samples.
/// </summary>
/// <remarks>Source: libjpeg-turbo, jdsample.c (h2v1_fancy_upsample, h1v2_fancy_upsample, h2v2_fancy_upsample, int_upsample).</remarks>
internal static class JpegUpsampling
{
    /// <summary>A row of the picture's width may be written beyond its end.</summary>
    private const int Overhang = 64;

    /// <summary>What a row takes.</summary>
    public static int RowBytes(int width) => width + Overhang;

    /// <summary>The component's row for the picture's row: its own memory, or <paramref name="buffer"/>.</summary>
    public static ReadOnlySpan<byte> Row(JpegComponent c, int y, Span<byte> buffer)
    {
        switch (c.WidthFactor, c.HeightFactor)
        {
            case (1, 1):
                return c.Row(y);
            case (1, 2):
                Tall(c, y, buffer);
                return buffer;

            // libjpeg interpolates columns where there are more than two.
            case (2, 1) when c.Width > 2:
                Wide(c.Row(y)[..c.Width], buffer);
                return buffer;
            case (2, 2) when c.Width > 2:
                Both(c.Row(y / 2)[..c.Width], c.Row(Next(c, y))[..c.Width], buffer);
                return buffer;
            default:
                var row = c.Row(y / c.HeightFactor);
                for (var x = 0; x < buffer.Length - Overhang; x++)
                {
                    buffer[x] = row[x / c.WidthFactor];
                }

                return buffer;
        }
    }

    /// <summary>The second nearest row; beyond the edge is the edge's.</summary>
    private static int Next(JpegComponent c, int y) => Math.Clamp((y / 2) + ((y & 1) == 0 ? -1 : 1), 0, c.Height - 1);

    private static void Tall(JpegComponent c, int y, Span<byte> buffer)
    {
        // Rounded down in the upper, up in the lower row.
        var near = c.Row(y / 2);
        var far = c.Row(Next(c, y));
        var half = (y & 1) == 0 ? 1 : 2;
        for (var x = 0; x < c.Width; x++)
        {
            buffer[x] = (byte)(((3 * near[x]) + far[x] + half) >> 2);
        }
    }

    private static void Wide(ReadOnlySpan<byte> row, Span<byte> to)
    {
        ref var from = ref MemoryMarshal.GetReference(row);
        ref var pair = ref Unsafe.As<byte, ushort>(ref MemoryMarshal.GetReference(to));
        var end = row.Length - 1;
        (to[0], to[1]) = (row[0], (byte)(((3 * row[0]) + row[1] + 2) >> 2));
        var i = 1;
        for (; i <= end - Vector128<ushort>.Count; i += Vector128<ushort>.Count)
        {
            var three = Eight(ref from, i) * 3;
            var even = (three + Eight(ref from, i - 1) + Vector128<ushort>.One) >>> 2;
            var odd = (three + Eight(ref from, i + 1) + Vector128.Create((ushort)2)) >>> 2;
            (even | (odd << 8)).StoreUnsafe(ref pair, (nuint)i);
        }

        for (; i < end; i++)
        {
            to[2 * i] = (byte)(((3 * row[i]) + row[i - 1] + 1) >> 2);
            to[(2 * i) + 1] = (byte)(((3 * row[i]) + row[i + 1] + 2) >> 2);
        }

        (to[2 * end], to[(2 * end) + 1]) = ((byte)(((3 * row[end]) + row[end - 1] + 1) >> 2), row[end]);
    }

    private static void Both(ReadOnlySpan<byte> near, ReadOnlySpan<byte> far, Span<byte> to)
    {
        ref var first = ref MemoryMarshal.GetReference(near);
        ref var second = ref MemoryMarshal.GetReference(far);
        ref var pair = ref Unsafe.As<byte, ushort>(ref MemoryMarshal.GetReference(to));
        var end = near.Length - 1;
        static int Sum(ReadOnlySpan<byte> near, ReadOnlySpan<byte> far, int i) => (3 * near[i]) + far[i];
        static Vector128<ushort> Sums(ref byte first, ref byte second, int i) => (Eight(ref first, i) * 3) + Eight(ref second, i);
        to[0] = (byte)(((4 * Sum(near, far, 0)) + 8) >> 4);
        to[1] = (byte)(((3 * Sum(near, far, 0)) + Sum(near, far, 1) + 7) >> 4);
        var i = 1;
        for (; i <= end - Vector128<ushort>.Count; i += Vector128<ushort>.Count)
        {
            var three = Sums(ref first, ref second, i) * 3;
            var even = (three + Sums(ref first, ref second, i - 1) + Vector128.Create((ushort)8)) >>> 4;
            var odd = (three + Sums(ref first, ref second, i + 1) + Vector128.Create((ushort)7)) >>> 4;
            (even | (odd << 8)).StoreUnsafe(ref pair, (nuint)i);
        }

        for (; i < end; i++)
        {
            to[2 * i] = (byte)(((3 * Sum(near, far, i)) + Sum(near, far, i - 1) + 8) >> 4);
            to[(2 * i) + 1] = (byte)(((3 * Sum(near, far, i)) + Sum(near, far, i + 1) + 7) >> 4);
        }

        to[2 * end] = (byte)(((3 * Sum(near, far, end)) + Sum(near, far, end - 1) + 8) >> 4);
        to[(2 * end) + 1] = (byte)(((4 * Sum(near, far, end)) + 7) >> 4);
    }

    private static Vector128<ushort> Eight(ref byte from, int i)
    {
        var eight = Vector64.LoadUnsafe(ref from, (nuint)i);
        return Vector128.Create(Vector64.WidenLower(eight), Vector64.WidenUpper(eight));
    }
}
