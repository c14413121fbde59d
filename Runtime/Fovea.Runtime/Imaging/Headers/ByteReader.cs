using System.Buffers.Binary;

namespace Fovea.Imaging.Headers;

/// <summary>Numbers of a file by their position.</summary>
/// <exception cref="EndOfStreamException">The file ends before.</exception>
internal sealed class ByteReader(Stream stream)
{
    private readonly byte[] few = new byte[8];

    public long Length { get; } = stream.Length;

    /// <summary>Which end of a number comes first.</summary>
    public bool IsBigEndian { get; set; } = true;

    public byte Byte(long at) => Read(at, 1)[0];

    public int UInt16(long at) =>
        IsBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(Read(at, 2)) : BinaryPrimitives.ReadUInt16LittleEndian(Read(at, 2));

    public int UInt24(long at) => IsBigEndian ? (UInt16(at) << 8) | Byte(at + 2) : UInt16(at) | (Byte(at + 2) << 16);

    public uint UInt32(long at) =>
        IsBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(Read(at, 4)) : BinaryPrimitives.ReadUInt32LittleEndian(Read(at, 4));

    public bool Has(long at, ReadOnlySpan<byte> text) => at + text.Length <= Length && Read(at, text.Length).SequenceEqual(text);

    /// <summary>At most eight bytes, valid until the next call.</summary>
    private ReadOnlySpan<byte> Read(long at, int count)
    {
        if (at < 0 || at > Length - count)
        {
            throw new EndOfStreamException();
        }

        stream.Position = at;
        stream.ReadExactly(few, 0, count);
        return few.AsSpan(0, count);
    }
}
