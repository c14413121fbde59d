using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Fovea.Imaging.Codecs;

/// <summary>From a JPEG file's components to RGB, as libjpeg does it, to the bit.</summary>
/// <remarks>
/// Source: libjpeg-turbo, jdcolor.c, with sixteen bits of fraction. Four components are stored inverted, as Adobe writes them; red is then
/// C · K / 255.
/// </remarks>
internal static class JpegColor
{
    private const int RedOfRed = 91881, GreenOfBlue = -22554, GreenOfRed = -46802, BlueOfBlue = 116130, Half = 1 << 15;

    /// <summary>Converts a row of the picture.</summary>
    /// <param name="frame">With samples.</param>
    /// <param name="y">The row.</param>
    /// <param name="buffer">Four rows as <see cref="JpegUpsampling.RowBytes"/> says.</param>
    /// <param name="rgb">[width, 3].</param>
    public static void Convert(JpegFrame frame, int y, Span<byte> buffer, Span<byte> rgb)
    {
        var stride = JpegUpsampling.RowBytes(frame.Width);
        var first = JpegUpsampling.Row(frame.Components[0], y, buffer[..stride]);
        if (frame.Colors == JpegColors.Gray)
        {
            for (int x = 0, j = 0; j < rgb.Length; x++, j += 3)
            {
                rgb[j] = rgb[j + 1] = rgb[j + 2] = first[x];
            }

            return;
        }

        var second = JpegUpsampling.Row(frame.Components[1], y, buffer.Slice(stride, stride));
        var third = JpegUpsampling.Row(frame.Components[2], y, buffer.Slice(2 * stride, stride));
        if (frame.Colors is JpegColors.YCbCr or JpegColors.Ycck)
        {
            FromYCbCr(first, second, third, rgb);
        }
        else
        {
            for (int x = 0, j = 0; j < rgb.Length; x++, j += 3)
            {
                (rgb[j], rgb[j + 1], rgb[j + 2]) = (first[x], second[x], third[x]);
            }
        }

        if (frame.Components.Length == 4)
        {
            Darken(rgb, JpegUpsampling.Row(frame.Components[3], y, buffer.Slice(3 * stride, stride)), frame.Colors == JpegColors.Ycck);
        }
    }

    /// <summary>Multiplies by the inverted black; of YCCK the colours are inverted before.</summary>
    private static void Darken(Span<byte> rgb, ReadOnlySpan<byte> black, bool isInverted)
    {
        for (var j = 0; j < rgb.Length; j++)
        {
            var product = ((isInverted ? 255 - rgb[j] : rgb[j]) * black[j / 3]) + 128;
            rgb[j] = (byte)((product + (product >> 8)) >> 8);
        }
    }

    /// <summary>R = Y + 1.402 Cr, G = Y − 0.344136 Cb − 0.714136 Cr, B = Y + 1.772 Cb.</summary>
    private static void FromYCbCr(ReadOnlySpan<byte> light, ReadOnlySpan<byte> blue, ReadOnlySpan<byte> red, Span<byte> rgb)
    {
        ref var y = ref MemoryMarshal.GetReference(light);
        ref var cb = ref MemoryMarshal.GetReference(blue);
        ref var cr = ref MemoryMarshal.GetReference(red);
        ref var to = ref MemoryMarshal.GetReference(rgb);
        var packed = Vector128.Create((byte)0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 0, 0, 0, 0);
        var (zero, white, bias, half) = (Vector256<int>.Zero, Vector256.Create(255), Vector256.Create(128), Vector256.Create(Half));
        var (x, width) = (0, rgb.Length / 3);

        // A store writes four bytes more than its four pixels take: the last pixels of the row are written one by one.
        for (; x <= width - Vector256<int>.Count - 2; x += Vector256<int>.Count)
        {
            var (l, b, r) = (Eight(ref y, x), Eight(ref cb, x) - bias, Eight(ref cr, x) - bias);
            var outRed = l + (((r * RedOfRed) + half) >> 16);
            var outGreen = l + (((b * GreenOfBlue) + (r * GreenOfRed) + half) >> 16);
            var outBlue = l + (((b * BlueOfBlue) + half) >> 16);
            var pixels = Vector256.Clamp(outRed, zero, white) | (Vector256.Clamp(outGreen, zero, white) << 8)
                | (Vector256.Clamp(outBlue, zero, white) << 16);
            Vector128.Shuffle(pixels.GetLower().AsByte(), packed).StoreUnsafe(ref to, (nuint)(3 * x));
            Vector128.Shuffle(pixels.GetUpper().AsByte(), packed).StoreUnsafe(ref to, (nuint)((3 * x) + 12));
        }

        for (; x < width; x++)
        {
            var (l, b, r) = (light[x], blue[x] - 128, red[x] - 128);
            rgb[3 * x] = (byte)Math.Clamp(l + (((r * RedOfRed) + Half) >> 16), 0, 255);
            rgb[(3 * x) + 1] = (byte)Math.Clamp(l + (((b * GreenOfBlue) + (r * GreenOfRed) + Half) >> 16), 0, 255);
            rgb[(3 * x) + 2] = (byte)Math.Clamp(l + (((b * BlueOfBlue) + Half) >> 16), 0, 255);
        }
    }

    private static Vector256<int> Eight(ref byte row, int x)
    {
        var eight = Vector64.LoadUnsafe(ref row, (nuint)x);
        var shorts = Vector128.Create(Vector64.WidenLower(eight), Vector64.WidenUpper(eight));
        return Vector256.Create(Vector128.WidenLower(shorts).AsInt32(), Vector128.WidenUpper(shorts).AsInt32());
    }
}
