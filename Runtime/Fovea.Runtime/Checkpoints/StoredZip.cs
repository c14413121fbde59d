using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Fovea.Checkpoints;

/// <summary>
/// Writes a zip archive whose entries are stored, not compressed, and begin at multiples of 64 bytes, as torch's do, so that they can be mapped into
/// memory. Nothing of the time or the machine is in it.
/// </summary>
/// <param name="destination">Takes everything from its position on, forwards.</param>
/// <remarks>Source: PKWARE's APPNOTE.TXT 6.3; caffe2/serialize/inline_container.cc, getPadding.</remarks>
internal sealed class StoredZip(Stream destination)
{
    /// <summary>Of an archive without the larger form's records.</summary>
    public const long MaxLength = uint.MaxValue;

    private const int Alignment = 64;
    private const int LocalHeader = 30;
    private const int ExtraHeader = 4;
    private const ushort Version = 20;

    /// <summary>1 January 1980, the format's first day.</summary>
    private const ushort FirstDay = (1 << 5) | 1;

    private readonly ArrayBufferWriter<byte> directory = new();
    private long position;
    private ushort entries;

    /// <summary>Adds an entry.</summary>
    /// <param name="name">In ASCII.</param>
    /// <param name="content">Less than 2 GB.</param>
    public void Add(string name, ReadOnlySpan<byte> content)
    {
        var (offset, bytes, crc) = ((uint)position, Encoding.ASCII.GetBytes(name), Crc32.Of(content));
        var start = position + LocalHeader + bytes.Length + ExtraHeader;
        var padding = (int)((Alignment - (start % Alignment)) % Alignment);
        if (start + padding + content.Length > MaxLength)
        {
            throw new InvalidOperationException($"{name} ends behind {MaxLength} bytes: expected a smaller archive.");
        }

        Span<byte> header = stackalloc byte[46];
        var local = new HeaderFields(header);
        local.Write32(0x04034b50);
        Common(ref local, crc, content.Length, bytes.Length, ExtraHeader + padding);
        Put(local.Written);
        Put(bytes);

        // A field "FB" of as many Z as it takes.
        Span<byte> extra = stackalloc byte[ExtraHeader + Alignment];
        extra.Fill((byte)'Z');
        (extra[0], extra[1]) = ((byte)'F', (byte)'B');
        BinaryPrimitives.WriteUInt16LittleEndian(extra[2..], (ushort)padding);
        Put(extra[..(ExtraHeader + padding)]);
        Put(content);

        var central = new HeaderFields(header);
        central.Write32(0x02014b50);
        central.Write16(0);
        Common(ref central, crc, content.Length, bytes.Length, extra: 0);
        central.Write16(0); // comment
        central.Write16(0); // disk
        central.Write16(0); // internal attributes
        central.Write32(0); // external attributes
        central.Write32(offset);
        directory.Write(central.Written);
        directory.Write(bytes);
        entries++;
    }

    /// <summary>Writes the directory.</summary>
    public void Finish()
    {
        var start = (uint)position;
        Put(directory.WrittenSpan);
        Span<byte> header = stackalloc byte[22];
        var end = new HeaderFields(header);
        end.Write32(0x06054b50);
        end.Write16(0);
        end.Write16(0);
        end.Write16(entries);
        end.Write16(entries);
        end.Write32((uint)directory.WrittenCount);
        end.Write32(start);
        end.Write16(0); // comment
        Put(end.Written);
    }

    /// <summary>What both headers of an entry have.</summary>
    private static void Common(ref HeaderFields fields, uint crc, int length, int name, int extra)
    {
        fields.Write16(Version);
        fields.Write16(0); // flags
        fields.Write16(0); // stored
        fields.Write16(0); // midnight
        fields.Write16(FirstDay);
        fields.Write32(crc);
        fields.Write32((uint)length);
        fields.Write32((uint)length);
        fields.Write16((ushort)name);
        fields.Write16((ushort)extra);
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        destination.Write(bytes);
        position += bytes.Length;
    }

    private ref struct HeaderFields(Span<byte> buffer)
    {
        private readonly Span<byte> buffer = buffer;
        private int length;

        public readonly ReadOnlySpan<byte> Written => buffer[..length];

        public void Write16(ushort value)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(buffer[length..], value);
            length += sizeof(ushort);
        }

        public void Write32(uint value)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(buffer[length..], value);
            length += sizeof(uint);
        }
    }
}
