using System.Buffers;

namespace Fovea.Imaging.Codecs;

/// <summary>
/// A JPEG file, decoded here, to the bits of libjpeg: sequential or progressive, of Huffman codes and 8-bit samples. What applications add
/// (profiles, previews, comments, what comes behind the picture) is passed over. The picture's end must be there, which a file that is cut
/// off has not; what damaged data lack before it is gray, as libjpeg has it.
/// </summary>
/// <remarks>Source: ITU-T T.81.</remarks>
internal static class JpegFile
{
    private const byte EndOfImage = 0xD9, StartOfScan = 0xDA, Quantization = 0xDB, Huffman = 0xC4, Restart = 0xDD, Progressive = 0xC2;

    /// <summary>Encoders that try everything write some thirty; each costs a walk over all blocks.</summary>
    private const int MostScans = 100;

    /// <summary>Blocks of 64 pixels, a bit each at the least.</summary>
    private const int PixelsOfByte = 512;

    public static RgbImage Decode(ReadOnlySpan<byte> content, in ImageHeader header)
    {
        if (header.Pixels / PixelsOfByte > content.Length)
        {
            throw ImageDataException.CutOff();
        }

        JpegFrame? frame = null;
        try
        {
            // A file without its end is told before memory is asked for.
            var end = FindEnd(content);
            var tables = new JpegTables();
            var (hasJfif, adobe, scans, at) = (false, -1, 0, 2);
            while (true)
            {
                var marker = NextMarker(content, ref at);
                if (at >= end)
                {
                    return ToImage(frame ?? throw ImageDataException.Damaged("it has no frame"), tables, header);
                }

                if (marker is 0x01 or >= 0xD0 and <= 0xD8)
                {
                    continue;
                }

                var segment = Segment(content, at);
                at += segment.Length;
                switch (marker)
                {
                    case 0xE0 when segment[2..].StartsWith("JFIF\0"u8):
                        hasJfif = true;
                        break;
                    case 0xEE when segment.Length >= 14 && segment[2..].StartsWith("Adobe"u8):
                        adobe = segment[13];
                        break;
                    case 0xC0 or 0xC1 or Progressive when frame is null:
                        frame = JpegFrame.Read(segment, marker == Progressive, hasJfif, adobe);
                        if ((frame.Width, frame.Height) != (header.Width, header.Height))
                        {
                            throw ImageDataException.Damaged($"its frame is {frame.Width}×{frame.Height}");
                        }

                        frame.Allocate();
                        break;
                    case 0xC0 or 0xC1 or Progressive:
                        throw ImageDataException.Damaged("a second frame");
                    case Quantization:
                        tables.SetQuantization(segment[2..]);
                        break;
                    case Huffman:
                        tables.SetHuffman(segment[2..]);
                        break;
                    case Restart:
                        tables.SetRestart(segment[2..]);
                        break;
                    case StartOfScan:
                        if (frame is null || ++scans > MostScans)
                        {
                            throw ImageDataException.Damaged(frame is null ? "pixels before their frame" : $"more than {MostScans} scans");
                        }

                        var start = at;
                        at = EndOfScan(content, at);
                        new JpegScan(frame, tables, segment).Read(content[start..at]);
                        break;
                    case >= 0xC0 and <= 0xCF:
                        throw ImageDataException.NotSupported(marker >= 0xC8 ? "arithmetic coding" : "lossless or hierarchical coding");
                }
            }
        }
        finally
        {
            frame?.Dispose();
        }
    }

    private static RgbImage ToImage(JpegFrame frame, JpegTables tables, in ImageHeader header)
    {
        if (frame.IsProgressive)
        {
            foreach (var c in frame.Components)
            {
                Transform(c, tables.Quantization(c.Table));
            }
        }

        var rgb = GC.AllocateUninitializedArray<byte>(checked(header.Width * header.Height * 3));
        var rows = ArrayPool<byte>.Shared.Rent(4 * JpegUpsampling.RowBytes(header.Width));
        try
        {
            for (var y = 0; y < header.Height; y++)
            {
                JpegColor.Convert(frame, y, rows, rgb.AsSpan(3 * y * header.Width, 3 * header.Width));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rows);
        }

        return new RgbImage(header.Width, header.Height, rgb);
    }

    private static void Transform(JpegComponent c, short[] table)
    {
        for (var y = 0; y < c.BlocksHigh; y++)
        {
            for (var x = 0; x < c.BlocksWide; x++)
            {
                var coefficients = c.Coefficients.AsSpan(64 * ((y * c.BlocksWide) + x), 64);
                var isFlat = coefficients[1..].IndexOfAnyExcept((short)0) < 0;
                JpegTransform.ToSamples(coefficients, table, isFlat, c.Samples.AsSpan((y * 8 * c.Stride) + (x * 8)), c.Stride);
            }
        }
    }

    /// <summary>Behind the marker that ends the picture.</summary>
    private static int FindEnd(ReadOnlySpan<byte> content)
    {
        for (var at = 2; ;)
        {
            switch (NextMarker(content, ref at))
            {
                case EndOfImage:
                    return at;
                case 0x01 or (>= 0xD0 and <= 0xD8):
                    break;
                case StartOfScan:
                    at = EndOfScan(content, at + Segment(content, at).Length);
                    break;
                default:
                    at += Segment(content, at).Length;
                    break;
            }
        }
    }

    /// <summary>The next marker's second byte; bytes before it that are no marker are passed over, as libjpeg does.</summary>
    private static byte NextMarker(ReadOnlySpan<byte> content, ref int at)
    {
        while (content[at..].IndexOf((byte)0xFF) is >= 0 and var skip && at + skip + 1 < content.Length)
        {
            at += skip + 1;
            if (content[at] is not 0 and not 0xFF and var marker)
            {
                at++;
                return marker;
            }
        }

        throw ImageDataException.CutOff();
    }

    /// <summary>Length and data.</summary>
    private static ReadOnlySpan<byte> Segment(ReadOnlySpan<byte> content, int at)
    {
        var length = at + 2 <= content.Length ? (content[at] << 8) | content[at + 1] : int.MaxValue;
        return length < 2 ? throw ImageDataException.Damaged("a segment shorter than its length")
            : length > content.Length - at ? throw ImageDataException.CutOff()
            : content.Slice(at, length);
    }

    /// <summary>Where the marker behind a scan's data begins: no stuffed zero, no restart.</summary>
    private static int EndOfScan(ReadOnlySpan<byte> content, int at)
    {
        while (content[at..].IndexOf((byte)0xFF) is >= 0 and var skip && at + skip + 1 < content.Length)
        {
            at += skip;
            if (content[at + 1] is not 0 and not (>= 0xD0 and <= 0xD7) and not 0xFF)
            {
                return at;
            }

            at += content[at + 1] == 0xFF ? 1 : 2;
        }

        throw ImageDataException.CutOff();
    }
}
