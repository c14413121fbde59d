using System.Buffers.Binary;
using SixLabors.ImageSharp.Formats.Bmp;

namespace Fovea.Imaging.Codecs;

/// <summary>A Windows or OS/2 bitmap.</summary>
internal static class BmpFile
{
    private const int ShortestHeader = 30;
    private const int Rows = 0, BitFields = 3, AlphaBitFields = 6;

    public static RgbImage Decode(ReadOnlySpan<byte> content, in ImageHeader header)
    {
        if (content.Length < ShortestHeader)
        {
            throw ImageDataException.CutOff();
        }

        var pixels = BinaryPrimitives.ReadUInt32LittleEndian(content[10..]);
        var isFirst = BinaryPrimitives.ReadUInt32LittleEndian(content[14..]) == 12;
        var bits = BinaryPrimitives.ReadUInt16LittleEndian(content[(isFirst ? 24 : 28)..]);
        var compression = isFirst || content.Length < 34 ? Rows : BinaryPrimitives.ReadUInt32LittleEndian(content[30..]);

        // Rows have a known length, run lengths have not; but where pixels begin must be in the file.
        var needed = compression is Rows or BitFields or AlphaBitFields ? (((long)header.Width * bits) + 31) / 32 * 4 * header.Height : 1;
        return pixels + needed <= content.Length
            ? Decoding.DecodeRgb(new BmpDecoder(), content, header)
            : throw ImageDataException.CutOff();
    }
}
