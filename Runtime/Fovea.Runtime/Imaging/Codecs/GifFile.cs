using SixLabors.ImageSharp.Formats.Gif;
using SixLabors.ImageSharp.Metadata;

namespace Fovea.Imaging.Codecs;

/// <summary>
/// A GIF file's first frame: screen, colours, the frame's control block and its data. Comments, applications' data and the other frames
/// are left out.
/// </summary>
/// <remarks>Source: GIF89a.</remarks>
internal static class GifFile
{
    private const byte Extension = 0x21, GraphicControl = 0xF9, Image = 0x2C, Trailer = 0x3B;
    private const int ScreenBytes = 13, ControlBytes = 8, DescriptorBytes = 10;

    public static RgbImage Decode(ReadOnlySpan<byte> content, in ImageHeader header)
    {
        using var file = FirstFrame(content);
        return Decoding.DecodeRgb(new GifDecoder { IgnoreMetadata = true, DecodingMode = FrameDecodingMode.First }, file.Written, header);
    }

    private static FileBuilder FirstFrame(ReadOnlySpan<byte> content)
    {
        var screen = Part(content, 0, ScreenBytes + ColorBytes(Part(content, 0, ScreenBytes)[10]));
        var at = screen.Length;
        ReadOnlySpan<byte> control = [];
        while (true)
        {
            switch (Part(content, at, 1)[0])
            {
                case Extension:
                    var end = EndOfBlocks(content, Part(content, at, 2).Length + at);
                    control = content[at + 1] == GraphicControl && end == at + ControlBytes ? content[at..end] : control;
                    at = end;
                    break;
                case Image:
                    var colors = ColorBytes(Part(content, at, DescriptorBytes)[9]);
                    var frame = content[at..EndOfBlocks(content, at + DescriptorBytes + colors + 1)];
                    var file = new FileBuilder(screen.Length + control.Length + frame.Length + 1);
                    file.Add(screen);
                    file.Add(control);
                    file.Add(frame);
                    file.Add([Trailer]);
                    return file;
                case Trailer:
                    throw ImageDataException.Damaged("it has no frame");
                default:
                    throw ImageDataException.Damaged($"a block of kind {content[at]:X2} at {at}");
            }
        }
    }

    /// <summary>A table's length by its flags: three bytes for each of 2 … 256 colours.</summary>
    private static int ColorBytes(byte flags) => (flags & 0x80) != 0 ? 3 << ((flags & 7) + 1) : 0;

    /// <summary>Behind a chain of blocks, of which an empty one is the last.</summary>
    private static int EndOfBlocks(ReadOnlySpan<byte> content, int at)
    {
        for (int length; (length = Part(content, at, 1)[0]) != 0;)
        {
            at += 1 + length;
        }

        return at + 1;
    }

    private static ReadOnlySpan<byte> Part(ReadOnlySpan<byte> content, int at, int count) =>
        at <= content.Length - count ? content.Slice(at, count) : throw ImageDataException.CutOff();
}
