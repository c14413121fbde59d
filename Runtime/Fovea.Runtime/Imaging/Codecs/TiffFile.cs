using System.Buffers.Binary;
using System.Runtime.InteropServices;
using SixLabors.ImageSharp.Formats.Tiff;
using SixLabors.ImageSharp.Metadata;
using SixLabors.ImageSharp.Metadata.Profiles.Exif;
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
    private const int BitsPerSample = 258, Compression = 259, Photometric = 262, StripOffsets = 273, RowsPerStrip = 278, StripByteCounts = 279;
    private const int ColorMap = 320, TileWidth = 322, TileByteCounts = 325;

    /// <summary>What says how pixels are made; all else (texts, profiles, previews, other pages) is left out.</summary>
    private static readonly HashSet<int> Wanted =
    [
        256, // ImageWidth
        257, // ImageLength
        BitsPerSample,
        Compression,
        Photometric,
        266, // FillOrder
        StripOffsets,
        277, // SamplesPerPixel
        RowsPerStrip,
        StripByteCounts,
        284, // PlanarConfiguration
        292, // T4Options
        293, // T6Options
        317, // Predictor
        ColorMap,
        338, // ExtraSamples
        339, // SampleFormat
        347, // JPEGTables
        529, // YCbCrCoefficients
        530, // YCbCrSubSampling
        532, // ReferenceBlackWhite
    ];

    /// <summary>
    /// ImageSharp asks for an entry's types by reflection, for which a program that is compiled ahead of time must have their array: naming
    /// it here puts it there.
    /// </summary>
    private static readonly ExifDataType[] EntryTypes = Enum.GetValues<ExifDataType>();

    public static RgbImage Decode(ReadOnlySpan<byte> content, in ImageHeader header)
    {
        GC.KeepAlive(EntryTypes);
        using var file = FirstPage(content, header, out var kind);
        var decoder = new TiffDecoder { IgnoreMetadata = true, DecodingMode = FrameDecodingMode.First };
        if (kind.Depth != 16)
        {
            var image = Decoding.DecodeRgb(decoder, file.Written, header);
            if (kind.IsInverted)
            {
                Invert(image.Pixels);
            }

            return image;
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

    private static FileBuilder FirstPage(ReadOnlySpan<byte> content, in ImageHeader header, out (uint Depth, bool IsInverted) kind)
    {
        var numbers = new Numbers(content, content[0] == 'M');
        var found = EntriesOf(numbers);
        uint ValueOf(Numbers of, int tag, uint otherwise) =>
            found.TryGetValue(tag, out var entry) && entry.Count > 0 ? of.Number(entry, 0) : otherwise;
        var rows = Math.Clamp(ValueOf(numbers, RowsPerStrip, uint.MaxValue), 1, (uint)header.Height);
        CheckStrips(numbers, found.GetValueOrDefault(StripOffsets), found.GetValueOrDefault(StripByteCounts), rows, header.Height, content.Length);

        // Of facsimile's white, which is 0, ImageSharp makes white even where 0 is said to be black.
        var compression = ValueOf(numbers, Compression, 1);
        kind = (ValueOf(numbers, BitsPerSample, 1), compression is >= 2 and <= 4 && ValueOf(numbers, Photometric, 0) == 1);

        var file = new FileBuilder(content.Length + 7 + ((found.Count + 2) * EntryBytes));
        file.Add(content);
        file.Add(new byte[content.Length & 1]);
        var start = file.Written.Length;
        file.Add([0, 0]);
        var own = new SortedDictionary<int, uint> { [RowsPerStrip] = rows };
        if (!found.ContainsKey(BitsPerSample))
        {
            own[BitsPerSample] = 1;
        }

        foreach (var tag in found.Keys.Union(own.Keys).Order())
        {
            file.Add(own.TryGetValue(tag, out var value) ? numbers.Write(tag, value) : content.Slice((int)found[tag].At, EntryBytes));
        }

        file.Add([0, 0, 0, 0]);
        numbers.Write(file.At(start, 2), (ushort)((file.Written.Length - start - 6) / EntryBytes));
        numbers.Write(file.At(4, 4), (uint)start);
        if (found.TryGetValue(ColorMap, out var colors) && colors.Type == 3 && colors.Count > 2)
        {
            CutColors(numbers, file.At((int)numbers.UInt32(colors.At + 8), 2 * (int)colors.Count));
        }

        return file;
    }

    /// <summary>What says how pixels are made, by tag.</summary>
    private static Dictionary<int, Entry> EntriesOf(Numbers numbers)
    {
        var found = new Dictionary<int, Entry>();
        var directory = numbers.UInt32(4);
        var count = numbers.UInt16(directory);
        for (var i = 0; i < count; i++)
        {
            var entry = numbers.EntryAt(directory + 2L + (i * EntryBytes));
            if (entry.Tag is >= TileWidth and <= TileByteCounts)
            {
                throw ImageDataException.NotSupported("tiles");
            }

            if (Wanted.Contains(entry.Tag))
            {
                found.TryAdd(entry.Tag, entry);
            }
        }

        return found;
    }

    /// <summary>Colours of 16 bits whose upper and lower halves are the same: their upper 8 bits are then what is shown.</summary>
    private static void CutColors(Numbers numbers, Span<byte> colors)
    {
        for (var i = 0; i < colors.Length; i += 2)
        {
            var high = numbers.IsBigEndian ? colors[i] : colors[i + 1];
            (colors[i], colors[i + 1]) = (high, high);
        }
    }

    private static void Invert(Span<byte> pixels)
    {
        foreach (ref var p in pixels)
        {
            p = (byte)~p;
        }
    }

    private static void CheckStrips(Numbers numbers, Entry strips, Entry lengths, uint rows, int height, long length)
    {
        if (strips.Count != lengths.Count || strips.Count * (long)rows < height)
        {
            throw ImageDataException.Damaged($"{strips.Count} strips of {rows} rows with {lengths.Count} lengths");
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

        public bool IsBigEndian => isBigEndian;

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
