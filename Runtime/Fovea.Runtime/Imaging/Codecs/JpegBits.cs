using System.Buffers.Binary;

namespace Fovea.Imaging.Codecs;

/// <summary>The bits of a scan, the first one highest. Behind its data, and before a restart, are zeros.</summary>
/// <param name="data">From the scan's first byte to the marker that ends it.</param>
internal ref struct JpegBits(ReadOnlySpan<byte> data)
{
    private readonly ReadOnlySpan<byte> data = data;
    private int at;
    private ulong bits;
    private int count;
    private int zeros;

    /// <summary>Whether bits were taken that the scan does not have.</summary>
    public readonly bool IsExhausted => count < zeros;

    /// <summary>Takes a symbol of a Huffman code, up to 16 bits; what is no code is 0, as libjpeg has it. 15 bits can be taken after it.</summary>
    public int Symbol(JpegHuffman code)
    {
        if (count < 32)
        {
            Fill();
        }

        var found = code.Short[(int)(bits >> (64 - JpegHuffman.ShortBits))];
        if (found == 0)
        {
            found = code.Find((int)(bits >> 48));
        }

        Drop(found >> 8);
        return found & 0xFF;
    }

    /// <summary>Takes a number of 0 … 15 bits, of which <see cref="Symbol"/> has said how many.</summary>
    public int Take(int length)
    {
        var value = (int)(bits >> 32 >> (32 - length));
        Drop(length);
        return value;
    }

    /// <summary>Takes a signed number of so many bits: half of the values are negative.</summary>
    /// <remarks>Source: ITU-T T.81, F.2.2.1 (EXTEND).</remarks>
    public int TakeSigned(int length)
    {
        var value = Take(length);
        return length > 0 && value < 1 << (length - 1) ? value - (1 << length) + 1 : value;
    }

    /// <summary>Takes one bit, whatever was taken before.</summary>
    public bool TakeBit()
    {
        if (count < 1)
        {
            Fill();
        }

        var one = (long)bits < 0;
        Drop(1);
        return one;
    }

    /// <summary>Takes 0 … 15 bits, whatever was taken before.</summary>
    public int TakeLate(int length)
    {
        if (count < length)
        {
            Fill();
        }

        return Take(length);
    }

    /// <summary>Goes on behind the next restart marker; where there is none, all that follows are zeros.</summary>
    public void Restart()
    {
        (bits, count, zeros) = (0, 0, 0);
        while (at < data.Length && data[at..].IndexOf((byte)0xFF) is >= 0 and var skip)
        {
            at += skip + 2;
            if (at <= data.Length && data[at - 1] is >= 0xD0 and <= 0xD7)
            {
                return;
            }
        }

        at = data.Length;
    }

    private void Drop(int length)
    {
        bits <<= length;
        count -= length;
    }

    /// <summary>57 bits at least.</summary>
    private void Fill()
    {
        if (at + 8 <= data.Length)
        {
            // Eight bytes without a 0xFF: what does not fit is laid over itself the next time.
            var eight = BinaryPrimitives.ReadUInt64BigEndian(data[at..]);
            if (((~eight - 0x0101_0101_0101_0101) & eight & 0x8080_8080_8080_8080) == 0)
            {
                bits |= eight >> count;
                at += (63 - count) >> 3;
                count |= 56;
                return;
            }
        }

        for (; count <= 56; count += 8)
        {
            bits |= (ulong)NextByte() << (56 - count);
        }
    }

    private byte NextByte()
    {
        if (at >= data.Length || (data[at] == 0xFF && (at + 1 >= data.Length || data[at + 1] != 0)))
        {
            zeros += 8;
            return 0;
        }

        var value = data[at];
        at += value == 0xFF ? 2 : 1;
        return value;
    }
}
