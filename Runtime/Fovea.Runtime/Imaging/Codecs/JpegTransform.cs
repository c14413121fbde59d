using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Fovea.Imaging.Codecs;

/// <summary>From a block's coefficients to its 8×8 samples: the inverse cosine transform in integers, libjpeg's "slow" one to the bit.</summary>
/// <remarks>Source: libjpeg-turbo, jidctint.c (Loeffler, Ligtenberg and Moschytz, ICASSP 1989), thirteen bits of fraction.</remarks>
internal static class JpegTransform
{
    private const int Bits = 13, FirstBits = 2;

    /// <summary>Writes a block.</summary>
    /// <param name="coefficients">[8, 8].</param>
    /// <param name="table">[8, 8], by which they are multiplied.</param>
    /// <param name="isFlat">Whether all but the first are zero.</param>
    /// <param name="samples">Takes the block at its beginning.</param>
    /// <param name="stride">From a row to the next.</param>
    public static void ToSamples(ReadOnlySpan<short> coefficients, ReadOnlySpan<short> table, bool isFlat, Span<byte> samples, int stride)
    {
        if (isFlat)
        {
            var value = (byte)Math.Clamp((((coefficients[0] * (ushort)table[0]) + 4) >> 3) + 128, 0, 255);
            for (var y = 0; y < 8; y++)
            {
                samples.Slice(y * stride, 8).Fill(value);
            }

            return;
        }

        ref var from = ref MemoryMarshal.GetReference(coefficients[..64]);
        ref var by = ref MemoryMarshal.GetReference(table[..64]);
        var (a, b, c, d) = (Row(ref from, ref by, 0), Row(ref from, ref by, 1), Row(ref from, ref by, 2), Row(ref from, ref by, 3));
        var (e, f, g, h) = (Row(ref from, ref by, 4), Row(ref from, ref by, 5), Row(ref from, ref by, 6), Row(ref from, ref by, 7));
        Pass(ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, Bits - FirstBits);
        Transpose(ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h);
        Pass(ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, Bits + FirstBits + 3);
        Transpose(ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h);
        ref var to = ref MemoryMarshal.GetReference(samples[..((7 * stride) + 8)]);
        Store(a, ref to);
        Store(b, ref Unsafe.Add(ref to, stride));
        Store(c, ref Unsafe.Add(ref to, 2 * stride));
        Store(d, ref Unsafe.Add(ref to, 3 * stride));
        Store(e, ref Unsafe.Add(ref to, 4 * stride));
        Store(f, ref Unsafe.Add(ref to, 5 * stride));
        Store(g, ref Unsafe.Add(ref to, 6 * stride));
        Store(h, ref Unsafe.Add(ref to, 7 * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Row(ref short from, ref short by, int row)
    {
        var (c, q) = (Vector128.LoadUnsafe(ref from, (nuint)(8 * row)), Vector128.LoadUnsafe(ref by, (nuint)(8 * row)).AsUInt16());
        return Vector256.Create(Vector128.WidenLower(c), Vector128.WidenUpper(c))
            * Vector256.Create(Vector128.WidenLower(q), Vector128.WidenUpper(q)).AsInt32();
    }

    /// <summary>One dimension, of eight rows or columns at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pass(
        ref Vector256<int> a, ref Vector256<int> b, ref Vector256<int> c, ref Vector256<int> d, ref Vector256<int> e,
        ref Vector256<int> f, ref Vector256<int> g, ref Vector256<int> h, int shift)
    {
        var z = (c + g) * 4433;
        var (even2, even3) = (z - (g * 15137), z + (c * 6270));
        var (even0, even1) = ((a + e) << Bits, (a - e) << Bits);
        var half = Vector256.Create(1 << (shift - 1));
        var (t0, t3) = (even0 + even3 + half, even0 - even3 + half);
        var (t1, t2) = (even1 + even2 + half, even1 - even2 + half);

        var (z3, z4) = (h + d, f + b);
        var z5 = (z3 + z4) * 9633;
        z3 = z5 - (z3 * 16069);
        z4 = z5 - (z4 * 3196);
        var (z1, z2) = ((h + b) * -7373, (f + d) * -20995);
        var odd0 = (h * 2446) + z1 + z3;
        var odd1 = (f * 16819) + z2 + z4;
        var odd2 = (d * 25172) + z2 + z3;
        var odd3 = (b * 12299) + z1 + z4;

        a = (t0 + odd3) >> shift;
        h = (t0 - odd3) >> shift;
        b = (t1 + odd2) >> shift;
        g = (t1 - odd2) >> shift;
        c = (t2 + odd1) >> shift;
        f = (t2 - odd1) >> shift;
        d = (t3 + odd0) >> shift;
        e = (t3 - odd0) >> shift;
    }

    /// <summary>Exchanges rows and columns, in quarters of 4×4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(
        ref Vector256<int> a, ref Vector256<int> b, ref Vector256<int> c, ref Vector256<int> d, ref Vector256<int> e,
        ref Vector256<int> f, ref Vector256<int> g, ref Vector256<int> h)
    {
        var (a0, b0, c0, d0) = Transpose(a.GetLower(), b.GetLower(), c.GetLower(), d.GetLower());
        var (a1, b1, c1, d1) = Transpose(a.GetUpper(), b.GetUpper(), c.GetUpper(), d.GetUpper());
        var (e0, f0, g0, h0) = Transpose(e.GetLower(), f.GetLower(), g.GetLower(), h.GetLower());
        var (e1, f1, g1, h1) = Transpose(e.GetUpper(), f.GetUpper(), g.GetUpper(), h.GetUpper());
        (a, b, c, d) = (Vector256.Create(a0, e0), Vector256.Create(b0, f0), Vector256.Create(c0, g0), Vector256.Create(d0, h0));
        (e, f, g, h) = (Vector256.Create(a1, e1), Vector256.Create(b1, f1), Vector256.Create(c1, g1), Vector256.Create(d1, h1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<int> A, Vector128<int> B, Vector128<int> C, Vector128<int> D) Transpose(
        Vector128<int> a, Vector128<int> b, Vector128<int> c, Vector128<int> d)
    {
        var (lowAb, lowCd) = (Pairs(a, b, 0), Pairs(c, d, 0));
        var (highAb, highCd) = (Pairs(a, b, 2), Pairs(c, d, 2));
        return (Halves(lowAb, lowCd, 0), Halves(lowAb, lowCd, 1), Halves(highAb, highCd, 0), Halves(highAb, highCd, 1));
    }

    /// <summary>Two elements of one and two of the other in turns, from an element on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<long> Pairs(Vector128<int> a, Vector128<int> b, int from)
    {
        // Each element in the lower half of a long, those of b in the upper.
        var (wideA, wideB) = from == 0
            ? (Vector128.WidenLower(a.AsUInt32()), Vector128.WidenLower(b.AsUInt32()))
            : (Vector128.WidenUpper(a.AsUInt32()), Vector128.WidenUpper(b.AsUInt32()));
        return (wideA | (wideB << 32)).AsInt64();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Halves(Vector128<long> a, Vector128<long> b, int half) => half == 0
        ? Vector128.Create(a.GetLower(), b.GetLower()).AsInt32()
        : Vector128.Create(a.GetUpper(), b.GetUpper()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<int> row, ref byte to)
    {
        var clamped = Vector256.Clamp(row + Vector256.Create(128), Vector256<int>.Zero, Vector256.Create(255));
        var shorts = Vector128.Narrow(clamped.GetLower(), clamped.GetUpper()).AsUInt16();
        Vector128.Narrow(shorts, shorts).GetLower().StoreUnsafe(ref to);
    }
}
