using System.Buffers.Binary;
using System.Numerics;

namespace Fovea.App.Reports.Events;

/// <summary>
/// A record of a TFRecord file: length (8 bytes, little-endian), masked CRC-32C of the length, data, masked CRC-32C of the data.
/// </summary>
/// <remarks>Source: tensorflow/core/lib/io/record_writer.h and tensorflow/core/lib/hash/crc32c.h.</remarks>
internal static class TfRecord
{
    private const int HeadBytes = 12;
    private const int TailBytes = 4;
    private const uint MaskDelta = 0xA282EAD8;

    /// <summary>Writes a record.</summary>
    public static void Write(Stream stream, ReadOnlySpan<byte> data)
    {
        Span<byte> head = stackalloc byte[HeadBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(head, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], MaskedCrc(head[..8]));
        Span<byte> tail = stackalloc byte[TailBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(tail, MaskedCrc(data));
        stream.Write(head);
        stream.Write(data);
        stream.Write(tail);
    }

    /// <summary>
    /// Takes the record at the start of a file's rest; false where it is cut off or damaged, as a process that was killed leaves it.
    /// </summary>
    /// <param name="rest">The file from a record on; afterwards from the next one on.</param>
    /// <param name="data">The record's.</param>
    public static bool TryRead(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> data)
    {
        data = default;
        if (rest.Length < HeadBytes + TailBytes || BinaryPrimitives.ReadUInt32LittleEndian(rest[8..]) != MaskedCrc(rest[..8]))
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt64LittleEndian(rest);
        if (length > (ulong)(rest.Length - HeadBytes - TailBytes))
        {
            return false;
        }

        var found = rest.Slice(HeadBytes, (int)length);
        if (BinaryPrimitives.ReadUInt32LittleEndian(rest[(HeadBytes + (int)length)..]) != MaskedCrc(found))
        {
            return false;
        }

        data = found;
        rest = rest[(HeadBytes + (int)length + TailBytes)..];
        return true;
    }

    private static uint MaskedCrc(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var b in data)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        crc = ~crc;
        return BitOperations.RotateRight(crc, 15) + MaskDelta;
    }
}
