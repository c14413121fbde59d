using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Fovea.Imaging.Codecs;

/// <summary>PNG's five filters, undone in place.</summary>
/// <remarks>Source: PNG (third edition), 9.2 to 9.4.</remarks>
internal static class PngFilter
{
    /// <summary>Undoes a row's filter.</summary>
    /// <param name="filter">Its number.</param>
    /// <param name="row">The row.</param>
    /// <param name="above">The row above, undone; zeros above the first.</param>
    /// <param name="step">Bytes to the pixel on the left.</param>
    public static void Undo(byte filter, Span<byte> row, ReadOnlySpan<byte> above, int step)
    {
        switch (filter)
        {
            case 0:
                break;
            case 1:
                for (var i = step; i < row.Length; i++)
                {
                    row[i] += row[i - step];
                }

                break;
            case 2:
                Up(row, above);
                break;
            case 3:
                Average(row, above, step);
                break;
            case 4 when step is 3 or 4:
                PaethPixels(row, above, step);
                break;
            case 4:
                Paeth(row, above, step);
                break;
            default:
                throw ImageDataException.Damaged($"a row's filter is {filter}");
        }
    }

    private static void Up(Span<byte> row, ReadOnlySpan<byte> above)
    {
        ref var to = ref MemoryMarshal.GetReference(row);
        ref var from = ref MemoryMarshal.GetReference(above);
        var i = 0;
        for (; i <= row.Length - Vector256<byte>.Count; i += Vector256<byte>.Count)
        {
            (Vector256.LoadUnsafe(ref to, (nuint)i) + Vector256.LoadUnsafe(ref from, (nuint)i)).StoreUnsafe(ref to, (nuint)i);
        }

        for (; i < row.Length; i++)
        {
            row[i] += above[i];
        }
    }

    private static void Average(Span<byte> row, ReadOnlySpan<byte> above, int step)
    {
        for (var i = 0; i < Math.Min(step, row.Length); i++)
        {
            row[i] += (byte)(above[i] >> 1);
        }

        for (var i = step; i < row.Length; i++)
        {
            row[i] += (byte)((row[i - step] + above[i]) >> 1);
        }
    }

    private static void Paeth(Span<byte> row, ReadOnlySpan<byte> above, int step)
    {
        for (var i = 0; i < row.Length; i++)
        {
            var (left, corner) = i < step ? (0, 0) : (row[i - step], above[i - step]);
            row[i] += Nearest(left, above[i], corner);
        }
    }

    /// <summary>Which of the three is nearest to left + up − corner; the first of equals.</summary>
    private static byte Nearest(int left, int up, int corner)
    {
        var (toLeft, toUp) = (Math.Abs(up - corner), Math.Abs(left - corner));
        var toCorner = Math.Abs(left + up - (2 * corner));
        return (byte)(toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner);
    }

    /// <summary>The same for all samples of a pixel at once, each in the lane of a short.</summary>
    private static void PaethPixels(Span<byte> row, ReadOnlySpan<byte> above, int step)
    {
        ref var to = ref MemoryMarshal.GetReference(row);
        ref var from = ref MemoryMarshal.GetReference(above);
        var (left, corner) = (Vector128<short>.Zero, Vector128<short>.Zero);
        var mask = Vector128.Create((short)0xFF);
        var i = 0;
        for (; i <= row.Length - 4; i += step)
        {
            var up = Load(ref from, i);
            var (toLeft, toUp) = (up - corner, left - corner);
            var toCorner = Vector128.Abs(toLeft + toUp);
            (toLeft, toUp) = (Vector128.Abs(toLeft), Vector128.Abs(toUp));
            var least = Vector128.Min(Vector128.Min(toLeft, toUp), toCorner);
            var nearest = Vector128.ConditionalSelect(
                Vector128.Equals(least, toLeft), left, Vector128.ConditionalSelect(Vector128.Equals(least, toUp), up, corner));
            var value = (Load(ref to, i) + nearest) & mask;
            var bytes = Vector128.Narrow(value.AsUInt16(), value.AsUInt16()).AsUInt32().ToScalar();
            if (step == 4)
            {
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, i), bytes);
            }
            else
            {
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, i), (ushort)bytes);
                Unsafe.Add(ref to, i + 2) = (byte)(bytes >> 16);
            }

            (left, corner) = (value, up);
        }

        // The last pixel of three bytes has no fourth to load.
        for (; i < row.Length; i++)
        {
            row[i] += i < step ? above[i] : Nearest(row[i - step], above[i], above[i - step]);
        }
    }

    private static Vector128<short> Load(ref byte at, int offset) => Vector128.WidenLower(
        Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref at, offset))).AsByte()).AsInt16();
}
