using System.Buffers.Binary;
using System.Runtime.InteropServices;
using SixLabors.ImageSharp.Formats.Tiff;
using SixLabors.ImageSharp.Metadata;
using SixLabors.ImageSharp.PixelFormats;

namespace Fovea.Imaging.Codecs;

/// <summary>
/// A TIFF file's first page: the file with a directory of our own behind it, which has the entries that pixels need and no next page. The
/// strips must lie in the file, and each holds as many rows as the page can have.
/// </summary>
/// <remarks>Source: TIFF 6.0.</remarks>
internal static class TiffFile
{
    private const int EntryBytes = 12;
    private const int BitsPerSample = 258, StripOffsets = 273, RowsPerStrip = 278, StripByteCounts = 279, TileWidth = 322, TileByteCounts = 325;

    /// <summary>What says how pixels are made; all else (texts, profiles, previews, other pages) is left out.</summary>
    private static readonly HashSet<int> Wanted =
    [
        256, // ImageWidth
        257, // ImageLength
        BitsPerSample,
        259, // Compression
        262, // PhotometricInterpretation
        266, // FillOrder
        StripOffsets,
        277, // SamplesPerPixel
        StripByteCounts,
        284, // PlanarConfiguration
        292, // T4Options
        293, // T6Options
        317, // Predictor
        320, // ColorMap
        338, // ExtraSamples
        339, // SampleFormat
        347, // JPEGTables
        529, // YCbCrCoefficients
        530, // YCbCrSubSampling
        532, // ReferenceBlackWhite
    ];

    public static RgbImage Decode(ReadOnlySpan<byte> content, in ImageHeader header)
    {
        using var file = FirstPage(content, header, out var depth);
        var decoder = new TiffDecoder { IgnoreMetadata = true, DecodingMode = FrameDecodingMode.First };
        if (depth != 16)
        {
            return Decoding.DecodeRgb(decoder, file.Written, header);
        }

        // Samples of 16 bits are cut to 8 as PNG's are; ImageSharp would round them.
        using var deep = Decoding.Decode<Rgb48>(decoder, file.Written, header);
        var rgb = GC.AllocateUninitializedArray<byte>(checked(header.Width * header.Height * 3));
        var samples = MemoryMarshal.Cast<Rgb48, ushort>(Decoding.PixelsOf(deep));
        for (var i = 0; i < rgb.Length; i++)
        {
            rgb[i] = (byte)(samples[i] >> 8);
        }

        return new RgbImage(header.Width, header.Height, rgb);
    }

    private static FileBuilder FirstPage(ReadOnlySpan<byte> content, in ImageHeader header, out int depth)
    {
        var numbers = new Numbers(content, content[0] == 'M');
        var directory = numbers.UInt32(4);
        var count = numbers.UInt16(directory);
        var file = new FileBuilder(content.Length + 7 + ((Wanted.Count + 1) * EntryBytes));
        file.Add(content);
        file.Add(new byte[content.Length & 1]);
        var start = file.Written.Length;
        file.Add([0, 0]);
        var rows = RowsOfStrip(numbers, directory, count, header.Height);
        var (entries, last, strips, lengths) = (0, -1, default(Entry), default(Entry));
        depth = 1;
        for (var i = 0; i < count; i++)
        {
            var entry = numbers.EntryAt(directory + 2 + (i * EntryBytes));
            if (entry.Tag is >= TileWidth and <= TileByteCounts)
            {
                throw ImageDataException.NotSupported("tiles");
            }

            // Entries ascend; of those that do not, and of a tag that comes twice, the first counts.
            if (entry.Tag <= last || !Wanted.Contains(entry.Tag))
            {
                continue;
            }

            last = entry.Tag;
            strips = entry.Tag == StripOffsets ? entry : strips;
            lengths = entry.Tag == StripByteCounts ? entry : lengths;
            depth = entry.Tag == BitsPerSample ? (int)Math.Min(numbers.Number(entry, 0), int.MaxValue) : depth;
            if (entry.Tag == StripByteCounts)
            {
                // Rows of a strip are stated anew, at their place in the order.
                file.Add(numbers.Write(RowsPerStrip, rows));
                entries++;
            }

            file.Add(content.Slice((int)entry.At, EntryBytes));
            entries++;
        }

        CheckStrips(numbers, strips, lengths, content.Length);
        if (strips.Count * (long)rows < header.Height)
        {
            throw ImageDataException.Damaged($"{strips.Count} strips of {rows} rows");
        }

        file.Add([0, 0, 0, 0]);
        numbers.Write(file.At(start, 2), (ushort)entries);
        numbers.Write(file.At(4, 4), (uint)start);
        return file;
    }

    private static uint RowsOfStrip(Numbers numbers, long directory, int count, int height)
    {
        for (var i = 0; i < count; i++)
        {
            var entry = numbers.EntryAt(directory + 2 + (i * EntryBytes));
            if (entry.Tag == RowsPerStrip && entry.Count == 1)
            {
                return Math.Clamp(numbers.Number(entry, 0), 1, (uint)height);
            }
        }

        return (uint)height;
    }

    private static void CheckStrips(Numbers numbers, Entry strips, Entry lengths, long length)
    {
        if (strips.Count == 0 || strips.Count != lengths.Count)
        {
            throw ImageDataException.Damaged($"{strips.Count} strips with {lengths.Count} lengths");
        }

        for (var i = 0; i < strips.Count; i++)
        {
            if (numbers.Number(strips, i) + (long)numbers.Number(lengths, i) > length)
            {
                throw ImageDataException.CutOff();
            }
        }
    }

    /// <summary>A directory's entry.</summary>
    private readonly record struct Entry(long At, int Tag, int Type, uint Count);

    /// <summary>Numbers of either order of bytes; what lies outside of the file is cut off.</summary>
    private readonly ref struct Numbers(ReadOnlySpan<byte> content, bool isBigEndian)
    {
        private const int Short = 3, Long = 4;

        private readonly ReadOnlySpan<byte> content = content;

        public int UInt16(long at) => isBigEndian
            ? BinaryPrimitives.ReadUInt16BigEndian(Part(at, 2))
            : BinaryPrimitives.ReadUInt16LittleEndian(Part(at, 2));

        public uint UInt32(long at) => isBigEndian
            ? BinaryPrimitives.ReadUInt32BigEndian(Part(at, 4))
            : BinaryPrimitives.ReadUInt32LittleEndian(Part(at, 4));

        /// <summary>An entry whose values lie in the file.</summary>
        public Entry EntryAt(long at)
        {
            var entry = new Entry(at, UInt16(at), UInt16(at + 2), UInt32(at + 4));
            _ = UInt32(at + 8);
            if (Wanted.Contains(entry.Tag) && BytesOf(entry.Type) * (long)entry.Count is > 4 and var bytes)
            {
                _ = Part(UInt32(at + 8), bytes);
            }

            return entry;
        }

        public uint Number(Entry entry, int i)
        {
            var bytes = BytesOf(entry.Type);
            var start = bytes * (long)entry.Count <= 4 ? entry.At + 8 : UInt32(entry.At + 8);
            return entry.Type switch
            {
                Short => (uint)UInt16(start + (2L * i)),
                Long => UInt32(start + (4L * i)),
                _ => throw ImageDataException.Damaged($"tag {entry.Tag} is of type {entry.Type}"),
            };
        }

        /// <summary>An entry of one number.</summary>
        public byte[] Write(int tag, uint value)
        {
            var entry = new byte[EntryBytes];
            Write(entry.AsSpan(0, 2), (ushort)tag);
            Write(entry.AsSpan(2, 2), (ushort)Long);
            Write(entry.AsSpan(4, 4), 1u);
            Write(entry.AsSpan(8, 4), value);
            return entry;
        }

        public void Write(Span<byte> to, ushort value)
        {
            if (isBigEndian)
            {
                BinaryPrimitives.WriteUInt16BigEndian(to, value);
            }
            else
            {
                BinaryPrimitives.WriteUInt16LittleEndian(to, value);
            }
        }

        public void Write(Span<byte> to, uint value)
        {
            if (isBigEndian)
            {
                BinaryPrimitives.WriteUInt32BigEndian(to, value);
            }
            else
            {
                BinaryPrimitives.WriteUInt32LittleEndian(to, value);
            }
        }

        private ReadOnlySpan<byte> Part(long at, long count) =>
            at >= 0 && at <= content.Length - count ? content.Slice((int)at, (int)count) : throw ImageDataException.CutOff();

        private static int BytesOf(int type) => type switch
        {
            1 or 2 or 6 or 7 => 1,
            Short or 8 => 2,
            Long or 9 or 11 => 4,
            5 or 10 or 12 => 8,
            _ => throw ImageDataException.Damaged($"an entry of type {type}"),
        };
    }
}
