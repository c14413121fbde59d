using System.Buffers.Binary;
using System.Text;

namespace Fovea.Checkpoints.Torch;

/// <summary>A file in a zip archive.</summary>
/// <param name="Name">With its folders.</param>
/// <param name="Offset">Its first byte's place in the archive.</param>
/// <param name="Length">Bytes in the archive.</param>
/// <param name="Packed">How it is packed, in words; null: its bytes are stored as they are.</param>
internal sealed record ZipEntry(string Name, long Offset, long Length, string? Packed);

/// <summary>Reads what a zip archive has, without unpacking anything; no entry lies over another.</summary>
/// <remarks>Source: PKWARE's APPNOTE.TXT, 4.3 and 4.5.3 (zip64).</remarks>
internal static class ZipDirectory
{
    /// <summary>Bytes of the central directory. A detector's takes some tens of kibibytes.</summary>
    public const int MaxLength = 16 << 20;

    private const int EndLength = 22;
    private const int MaxComment = 0xFFFF;
    private const int LocatorLength = 20;
    private const int End64Length = 56;
    private const int HeaderLength = 46;
    private const int LocalLength = 30;
    private const int Zip64 = 1;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The archive's entries, by name.</summary>
    /// <exception cref="CheckpointException">It is damaged, or its entries lie over one another.</exception>
    public static Dictionary<string, ZipEntry> Read(FileContent content)
    {
        var (start, length, count) = FindDirectory(content);
        var directory = new byte[length];
        content.Read(start, directory, "zip directory");
        var entries = new Dictionary<string, ZipEntry>(StringComparer.Ordinal);
        var places = new List<(long Start, long End, string Name)>();
        var at = 0;
        for (var i = 0L; i < count; i++)
        {
            var (name, local, size, packed) = ReadHeader(directory, ref at, i, content.Name);
            var data = DataOf(content, name, local, size, start);
            if (!entries.TryAdd(name, new ZipEntry(name, data, size, packed)))
            {
                throw Problem(content.Name, $"{CheckpointException.Shorten(name)}: expected each name once, found it twice.");
            }

            places.Add((local, data + size, name));
        }

        CheckPlaces(places, content.Name);
        return entries;
    }

    /// <summary>Where the central directory is, its bytes, and its entries.</summary>
    private static (long Start, int Length, long Count) FindDirectory(FileContent content)
    {
        var all = content.Length();
        var tail = new byte[(int)Math.Min(all, EndLength + MaxComment)];
        content.Read(all - tail.Length, tail, "the end of the zip archive");
        for (var at = tail.Length - EndLength; at >= 0; at--)
        {
            var record = tail.AsSpan(at);
            if (record.StartsWith("PK\x05\x06"u8) && BinaryPrimitives.ReadUInt16LittleEndian(record[20..]) == record.Length - EndLength)
            {
                return ReadEnd(content, all - tail.Length + at, record[..EndLength]);
            }
        }

        throw Problem(content.Name, "expected the end of a zip archive's directory, found none: the file is cut off.");
    }

    private static (long Start, int Length, long Count) ReadEnd(FileContent content, long end, ReadOnlySpan<byte> record)
    {
        long disks = BinaryPrimitives.ReadUInt16LittleEndian(record[4..]) | BinaryPrimitives.ReadUInt16LittleEndian(record[6..]);
        ulong count = BinaryPrimitives.ReadUInt16LittleEndian(record[10..]);
        ulong length = BinaryPrimitives.ReadUInt32LittleEndian(record[12..]);
        ulong start = BinaryPrimitives.ReadUInt32LittleEndian(record[16..]);
        Span<byte> locator = stackalloc byte[LocatorLength];
        if (end >= LocatorLength)
        {
            content.Read(end - LocatorLength, locator, "zip64 locator");
        }

        if (locator.StartsWith("PK\x06\x07"u8))
        {
            var place = BinaryPrimitives.ReadUInt64LittleEndian(locator[8..]);
            if (place > (ulong)end || end - (long)place < End64Length + LocatorLength)
            {
                throw Problem(content.Name, $"zip64: expected the directory's end before byte {end}, found it at {place}.");
            }

            Span<byte> large = stackalloc byte[End64Length];
            content.Read((long)place, large, "zip64 directory's end");
            if (!large.StartsWith("PK\x06\x06"u8))
            {
                throw Problem(content.Name, $"zip64: expected the directory's end at byte {place}, found another record.");
            }

            disks = BinaryPrimitives.ReadUInt32LittleEndian(large[16..]) | BinaryPrimitives.ReadUInt32LittleEndian(large[20..]);
            count = BinaryPrimitives.ReadUInt64LittleEndian(large[32..]);
            length = BinaryPrimitives.ReadUInt64LittleEndian(large[40..]);
            start = BinaryPrimitives.ReadUInt64LittleEndian(large[48..]);
            end = (long)place;
        }

        if (disks != 0)
        {
            throw Problem(content.Name, "expected a zip archive in one file, found a part of several.");
        }

        if (length > MaxLength || count > length / HeaderLength || start > (ulong)end || (ulong)end - start < length)
        {
            throw Problem(
                content.Name,
                $"expected a zip directory of at most {MaxLength} bytes before byte {end}, found {count} entries in {length} bytes at {start}.");
        }

        return ((long)start, (int)length, (long)count);
    }

    /// <summary>An entry of the central directory: its name, where its local header is, its length, and how it is packed.</summary>
    private static (string Name, long Local, long Size, string? Packed) ReadHeader(byte[] directory, ref int at, long index, string file)
    {
        var header = directory.AsSpan(at);
        if (header.Length < HeaderLength || !header.StartsWith("PK\x01\x02"u8))
        {
            throw Problem(file, $"expected entry {index} of the zip directory at its byte {at}, found none.");
        }

        var (nameLength, extraLength, commentLength) = (
            BinaryPrimitives.ReadUInt16LittleEndian(header[28..]), BinaryPrimitives.ReadUInt16LittleEndian(header[30..]),
            BinaryPrimitives.ReadUInt16LittleEndian(header[32..]));
        if (header.Length - HeaderLength < nameLength + extraLength + commentLength)
        {
            throw Problem(file, $"expected the name of entry {index} of the zip directory, found its end.");
        }

        var name = NameOf(header.Slice(HeaderLength, nameLength), index, file);
        var flags = BinaryPrimitives.ReadUInt16LittleEndian(header[8..]);
        var method = BinaryPrimitives.ReadUInt16LittleEndian(header[10..]);
        var packed = (flags & 1) != 0 ? "encrypted" : method != 0 ? FormattableString.Invariant($"compressed (method {method})") : null;
        var extra = new Zip64Fields(header.Slice(HeaderLength + nameLength, extraLength));
        var size = extra.Resolve(BinaryPrimitives.ReadUInt32LittleEndian(header[24..]));
        var stored = extra.Resolve(BinaryPrimitives.ReadUInt32LittleEndian(header[20..]));
        var local = extra.Resolve(BinaryPrimitives.ReadUInt32LittleEndian(header[42..]));
        if (stored is not { } bytes || (packed is null && stored != size) || local is not { } place)
        {
            throw Problem(file, $"{name}: expected a place and one length, found lengths {size} and {stored} at {local}.");
        }

        at += HeaderLength + nameLength + extraLength + commentLength;
        return (name, place, bytes, packed);
    }

    private static string NameOf(ReadOnlySpan<byte> bytes, long index, string file)
    {
        string name;
        try
        {
            name = Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new CheckpointException(file, $"expected the name of entry {index} of the zip directory in UTF-8, found other bytes.", e);
        }

        // Nothing is ever written under these names, but no program that means well gives them.
        return name.Length is > 0 and <= SafetensorsHeader.MaxName && name[0] is not ('/' or '\\') && !name.Contains('\\')
            && !name.Contains('\0') && !name.Split('/').Contains("..")
            ? name
            : throw Problem(file, $"expected names within the archive, found \"{CheckpointException.Shorten(name)}\".");
    }

    /// <summary>Where an entry's bytes begin, by its local header.</summary>
    private static long DataOf(FileContent content, string name, long local, long size, long end)
    {
        Span<byte> header = stackalloc byte[LocalLength];
        if (local > end - LocalLength)
        {
            throw Problem(content.Name, $"{name}: expected it before the directory at byte {end}, found it at {local}.");
        }

        content.Read(local, header, name);
        if (!header.StartsWith("PK\x03\x04"u8))
        {
            throw Problem(content.Name, $"{name}: expected its header at byte {local}, found none.");
        }

        var data = local + LocalLength + BinaryPrimitives.ReadUInt16LittleEndian(header[26..]) + BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        return data <= end && size <= end - data
            ? data
            : throw Problem(content.Name, $"{name}: expected {size} bytes before the directory at byte {end}, found them at {data}.");
    }

    private static void CheckPlaces(List<(long Start, long End, string Name)> places, string file)
    {
        places.Sort();
        for (var i = 1; i < places.Count; i++)
        {
            if (places[i].Start < places[i - 1].End)
            {
                throw Problem(file, $"{places[i].Name}: expected a place of its own, found it within {places[i - 1].Name}.");
            }
        }
    }

    private static CheckpointException Problem(string file, string problem) => new(file, problem);

    /// <summary>The numbers that do not fit into 32 bits: of those that say so, in order, in an extra field.</summary>
    private ref struct Zip64Fields
    {
        private ReadOnlySpan<byte> left;

        public Zip64Fields(ReadOnlySpan<byte> extra)
        {
            while (extra.Length >= 4)
            {
                var (id, length) = (BinaryPrimitives.ReadUInt16LittleEndian(extra), BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]));
                if (length > extra.Length - 4)
                {
                    return;
                }

                if (id == Zip64)
                {
                    left = extra.Slice(4, length);
                    return;
                }

                extra = extra[(4 + length)..];
            }
        }

        /// <summary>The number itself, or the next of the field; null where there is none.</summary>
        public long? Resolve(uint number)
        {
            if (number != uint.MaxValue)
            {
                return number;
            }

            if (left.Length < 8 || BinaryPrimitives.ReadInt64LittleEndian(left) is not (>= 0 and var value))
            {
                return null;
            }

            left = left[8..];
            return value;
        }
    }
}
