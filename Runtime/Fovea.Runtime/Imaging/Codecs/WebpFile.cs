using System.Buffers.Binary;
using Fovea.Imaging.Headers;
using SixLabors.ImageSharp.Formats.Webp;

namespace Fovea.Imaging.Codecs;

/// <summary>
/// A WebP file's pixels: the chunk of lossy or lossless data alone, of an animation that of the first frame, which may cover a part of the
/// canvas. Alpha, which is a chunk of its own, profiles and the other frames are left out.
/// </summary>
/// <remarks>Source: RFC 9649.</remarks>
internal static class WebpFile
{
    private const int FileHeader = 12, ChunkHeader = 8, FrameHeader = 16;

    public static RgbImage Decode(ReadOnlySpan<byte> content, in ImageHeader header)
    {
        var frame = FirstFrame(content, out var x, out var y);
        using var file = new FileBuilder(FileHeader + frame.Length + 1);
        file.Add("RIFF\0\0\0\0WEBP"u8);
        file.Add(frame);
        file.Add(new byte[frame.Length & 1]);
        BinaryPrimitives.WriteInt32LittleEndian(file.At(4, 4), file.Written.Length - ChunkHeader);
        var size = SizeOf(file.Written) ?? throw ImageDataException.Damaged("its frame is neither lossy nor lossless data");
        if (x + (long)size.Width > header.Width || y + (long)size.Height > header.Height)
        {
            throw ImageDataException.Damaged($"its frame of {size.Width}×{size.Height} at {x}, {y} does not lie on it");
        }

        var picture = Decoding.DecodeRgb(
            new WebpDecoder { IgnoreMetadata = true }, file.Written, new ImageHeader(ImageFormat.Webp, (int)size.Width, (int)size.Height));
        return (picture.Width, picture.Height) == (header.Width, header.Height) ? picture : On(header, picture, x, y);
    }

    /// <summary>The first chunk of pixels, and where they lie on the canvas.</summary>
    private static ReadOnlySpan<byte> FirstFrame(ReadOnlySpan<byte> content, out int x, out int y)
    {
        (x, y) = (0, 0);
        for (var at = FileHeader; ;)
        {
            var chunk = Chunk(content, at);
            if (chunk.StartsWith("VP8 "u8) || chunk.StartsWith("VP8L"u8))
            {
                return chunk;
            }

            if (chunk.StartsWith("ANMF"u8) && chunk.Length >= ChunkHeader + FrameHeader)
            {
                // A frame has chunks of its own.
                (x, y) = (2 * UInt24(chunk[ChunkHeader..]), 2 * UInt24(chunk[(ChunkHeader + 3)..]));
                at += ChunkHeader + FrameHeader;
                continue;
            }

            at += chunk.Length + (chunk.Length & 1);
        }
    }

    /// <summary>Name, length and data.</summary>
    private static ReadOnlySpan<byte> Chunk(ReadOnlySpan<byte> content, int at)
    {
        if (at > content.Length - ChunkHeader)
        {
            throw ImageDataException.CutOff();
        }

        var length = ChunkHeader + (long)BinaryPrimitives.ReadUInt32LittleEndian(content[(at + 4)..]);
        return at + length <= content.Length ? content.Slice(at, (int)length) : throw ImageDataException.CutOff();
    }

    private static int UInt24(ReadOnlySpan<byte> bytes) => bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);

    private static unsafe (uint Width, uint Height)? SizeOf(ReadOnlySpan<byte> file)
    {
        fixed (byte* bytes = file)
        {
            using var stream = new UnmanagedMemoryStream(bytes, file.Length);
            return WebpHeader.FrameSize(new ByteReader(stream) { IsBigEndian = false }, FileHeader);
        }
    }

    private static RgbImage On(in ImageHeader header, RgbImage frame, int x, int y)
    {
        var canvas = new RgbImage(header.Width, header.Height);
        for (var row = 0; row < frame.Height; row++)
        {
            frame.Row(row).CopyTo(canvas.Row(y + row)[(3 * x)..]);
        }

        return canvas;
    }
}
