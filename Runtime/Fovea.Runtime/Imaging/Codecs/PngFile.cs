using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;

namespace Fovea.Imaging.Codecs;

/// <summary>
/// A PNG file, decoded here: row by row, in the memory of two rows beside the picture's. Chunks of text, profiles and times are passed
/// over. A file that is cut off is known by the rows that are missing.
/// </summary>
/// <remarks>
/// Source: PNG (third edition). As libpng does: 16 bits are cut to 8, colours beyond the palette are black; a wrong checksum of the data is
/// an error where the chunks' are wrong, too.
/// </remarks>
internal static unsafe class PngFile
{
    private const int HeaderEnd = 33;

    /// <summary>Deflate makes at most 258 bytes of two bits.</summary>
    private const int MostExpansion = 1032;

    /// <summary>Adam7's passes: first column and row, and the steps.</summary>
    private static readonly (int X, int Y, int Across, int Down)[] Passes =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    public static RgbImage Decode(ReadOnlySpan<byte> content, in ImageHeader header)
    {
        var layout = PngLayout.Read(Chunk(content, 8, 13));
        var parts = new List<(int Start, int Length)>();
        var palette = new byte[3 * 256];
        Walk(content, parts, palette, layout);
        (int X, int Y, int Across, int Down)[] passes = layout.IsInterlaced ? Passes : [(0, 0, 1, 1)];
        var needed = 0L;
        foreach (var pass in passes)
        {
            var (w, h) = pass.Size(header.Width, header.Height);
            needed += w > 0 ? (layout.RowBytes(w) + 1L) * h : 0;
        }

        if (parts.Sum(p => (long)p.Length) * MostExpansion < needed)
        {
            throw ImageDataException.CutOff();
        }

        fixed (byte* bytes = content)
        {
            using var data = new PartsStream(bytes, parts);
            using var inflated = new ZLibStream(data, CompressionMode.Decompress);
            var image = new RgbImage(
                header.Width, header.Height, GC.AllocateUninitializedArray<byte>(checked(header.Width * header.Height * 3)));
            try
            {
                foreach (var pass in passes)
                {
                    ReadPass(inflated, layout, palette, pass, image);
                }
            }
            catch (InvalidDataException e) when (!data.IsAtEnd)
            {
                throw ImageDataException.Damaged(e.Message);
            }
            catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
            {
                // Rows are missing.
                throw ImageDataException.CutOff();
            }

            CheckSum(inflated, content, parts);
            return image;
        }
    }

    /// <summary>Takes palette and data, as far as they are there.</summary>
    private static void Walk(ReadOnlySpan<byte> content, List<(int Start, int Length)> parts, Span<byte> palette, PngLayout layout)
    {
        for (var at = HeaderEnd; at + 8 <= content.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(content[at..]);
            var kind = content.Slice(at + 4, 4);
            var there = (int)Math.Min(length, content.Length - at - 8);
            if (kind.SequenceEqual("IEND"u8))
            {
                return;
            }

            if (there > 0 && kind.SequenceEqual("IDAT"u8))
            {
                parts.Add((at + 8, there));
            }
            else if (kind.SequenceEqual("PLTE"u8))
            {
                var colors = Chunk(content, at, (int)Math.Min(length, int.MaxValue));
                colors[..Math.Min(colors.Length, palette.Length)].CopyTo(palette);
                layout.HasPalette = true;
            }

            at += (int)Math.Min(12L + length, content.Length - at);
        }
    }

    /// <summary>A small chunk's data, whose checksum must be right.</summary>
    private static ReadOnlySpan<byte> Chunk(ReadOnlySpan<byte> content, int at, int length) =>
        at + 12L + length > content.Length ? throw ImageDataException.CutOff()
        : IsWhole(content, at + 8, length) ? content.Slice(at + 8, length)
        : throw ImageDataException.Damaged($"the chunk at {at} has a wrong checksum");

    private static bool IsWhole(ReadOnlySpan<byte> content, int start, int length) =>
        Crc32.Of(content.Slice(start - 4, length + 4)) == BinaryPrimitives.ReadUInt32BigEndian(content[(start + length)..]);

    private static void ReadPass(
        Stream rows, PngLayout layout, ReadOnlySpan<byte> palette, (int X, int Y, int Across, int Down) pass, RgbImage image)
    {
        var (width, height) = pass.Size(image.Width, image.Height);
        if (width < 1 || height < 1)
        {
            return;
        }

        // A row begins with its filter.
        var length = 1 + layout.RowBytes(width);
        var buffer = ArrayPool<byte>.Shared.Rent((2 * length) + (3 * width));
        try
        {
            buffer.AsSpan(0, 2 * length).Clear();
            var above = buffer.AsSpan(0, length);
            var row = buffer.AsSpan(length, length);
            var colors = buffer.AsSpan(2 * length, 3 * width);
            for (var y = 0; y < height; y++)
            {
                rows.ReadExactly(row);
                PngFilter.Undo(row[0], row[1..], above[1..], layout.Step);
                var target = image.Row(pass.Y + (y * pass.Down));
                layout.ToRgb(row[1..], palette, pass.Across == 1 ? target : colors);
                if (pass.Across > 1)
                {
                    Scatter(colors, target[(3 * pass.X)..], pass.Across);
                }

                var last = above;
                above = row;
                row = last;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Scatter(ReadOnlySpan<byte> colors, Span<byte> target, int step)
    {
        for (int i = 0, j = 0; i < colors.Length; i += 3, j += 3 * step)
        {
            (target[j], target[j + 1], target[j + 2]) = (colors[i], colors[i + 1], colors[i + 2]);
        }
    }

    /// <summary>Reads to the end, where the data's checksum is; that may be wrong where those of the chunks say that nothing was changed.</summary>
    private static void CheckSum(Stream inflated, ReadOnlySpan<byte> content, List<(int Start, int Length)> parts)
    {
        try
        {
            _ = inflated.ReadByte();
        }
        catch (InvalidDataException e)
        {
            foreach (var (start, length) in parts)
            {
                if (start + length + 4 <= content.Length && !IsWhole(content, start, length))
                {
                    throw ImageDataException.Damaged(e.Message);
                }
            }
        }
    }

    private static (int Width, int Height) Size(this (int X, int Y, int Across, int Down) pass, int width, int height) =>
        ((width - pass.X + pass.Across - 1) / pass.Across, (height - pass.Y + pass.Down - 1) / pass.Down);

    /// <summary>Parts of pinned memory, one after the other.</summary>
    private sealed class PartsStream(byte* content, List<(int Start, int Length)> parts) : Stream
    {
        private int part;
        private int at;

        /// <summary>Whether all was handed out.</summary>
        public bool IsAtEnd => part == parts.Count;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            while (part < parts.Count && at == parts[part].Length)
            {
                (part, at) = (part + 1, 0);
            }

            if (part == parts.Count)
            {
                return 0;
            }

            var count = Math.Min(buffer.Length, parts[part].Length - at);
            new ReadOnlySpan<byte>(content + parts[part].Start + at, count).CopyTo(buffer);
            at += count;
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
