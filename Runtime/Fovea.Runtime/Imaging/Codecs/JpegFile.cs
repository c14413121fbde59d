using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.PixelFormats;

namespace Fovea.Imaging.Codecs;

/// <summary>
/// A JPEG file's tables, frame and scans, without what applications add to it: profiles, previews, comments, and what comes behind the
/// picture. Its end must be there, which a file that is cut off has not.
/// </summary>
/// <remarks>Source: ITU-T T.81, annex B. Colour spaces are told as libjpeg tells them (jdapimin.c, default_decompress_parms).</remarks>
internal static class JpegFile
{
    private const byte EndOfImage = 0xD9, StartOfScan = 0xDA, QuantizationTables = 0xDB, HuffmanTables = 0xC4, RestartInterval = 0xDD;

    /// <summary>Encoders that try everything write some thirty; each costs a walk over all blocks.</summary>
    private const int MostScans = 100;

    /// <summary>Blocks of 64 pixels, a bit each.</summary>
    private const int PixelsOfByte = 512;

    /// <summary>Adobe's marker, which says that components are as they are: no change of colours.</summary>
    private static ReadOnlySpan<byte> AsTheyAre =>
        [0xFF, 0xEE, 0, 14, (byte)'A', (byte)'d', (byte)'o', (byte)'b', (byte)'e', 0, 100, 0, 0, 0, 0, 0];

    public static RgbImage Decode(ReadOnlySpan<byte> content, in ImageHeader header)
    {
        // A block takes a bit at least: what declares more of them than the file has bits is not whole.
        if (header.Pixels / PixelsOfByte > content.Length)
        {
            throw ImageDataException.CutOff();
        }

        using var file = Extract(content, out var frame);
        var decoder = new JpegDecoder { IgnoreMetadata = true };
        if (frame.Colors != JpegColors.YCbCr)
        {
            return Decoding.DecodeRgb(decoder, file.Written, header);
        }

        // Red, green and blue are then Y, Cb and Cr, chroma repeated to the size of luma.
        using var planes = Decoding.Decode<Rgba32>(decoder, file.Written, header);
        var rgb = GC.AllocateUninitializedArray<byte>(checked(header.Width * header.Height * 3));
        JpegChroma.ToRgb(Decoding.PixelsOf(planes), header.Width, header.Height, frame.Horizontal, frame.Vertical, rgb);
        return new RgbImage(header.Width, header.Height, rgb);
    }

    private static FileBuilder Extract(ReadOnlySpan<byte> content, out JpegFrame frame)
    {
        var file = new FileBuilder(content.Length + AsTheyAre.Length);
        file.Add([0xFF, 0xD8]);
        file.Add(AsTheyAre);
        frame = default;
        var (hasJfif, adobe, scans, at) = (false, -1, 0, 2);
        while (true)
        {
            var marker = NextMarker(content, ref at);
            if (marker == EndOfImage)
            {
                file.Add([0xFF, EndOfImage]);
                return file;
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
                case 0xC0 or 0xC1 or 0xC2 when frame.Colors == JpegColors.Unknown:
                    frame = JpegFrame.Read(segment, hasJfif, adobe);

                    // ImageSharp gives four components as red, green and blue in any case, so it must know what they are.
                    file.At(AsTheyAre.Length + 1, 1)[0] = frame.Colors == JpegColors.Ycck ? (byte)2 : (byte)0;
                    Add(ref file, marker, segment);
                    break;
                case QuantizationTables or HuffmanTables or RestartInterval:
                    Add(ref file, marker, segment);
                    break;
                case StartOfScan when frame.Colors == JpegColors.Unknown:
                    throw ImageDataException.Damaged("pixels before their frame");
                case StartOfScan:
                    if (++scans > MostScans)
                    {
                        throw ImageDataException.Damaged($"more than {MostScans} scans");
                    }

                    Add(ref file, marker, segment);
                    var start = at;
                    at = EndOfScan(content, at);
                    file.Add(content[start..at]);
                    break;
                case 0xC0 or 0xC1 or 0xC2:
                    throw ImageDataException.Damaged("a second frame");
                case >= 0xC0 and <= 0xCF:
                    throw ImageDataException.NotSupported(marker >= 0xC8 ? "arithmetic coding" : "lossless or hierarchical coding");
            }
        }
    }

    private static void Add(ref FileBuilder file, byte marker, ReadOnlySpan<byte> segment)
    {
        file.Add([0xFF, marker]);
        file.Add(segment);
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
        var length = at + 2 <= content.Length ? (content[at] << 8) | content[at + 1] : 0;
        return length >= 2 && at + length <= content.Length ? content.Slice(at, length)
            : length == 1 ? throw ImageDataException.Damaged("a segment shorter than its length") : throw ImageDataException.CutOff();
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
