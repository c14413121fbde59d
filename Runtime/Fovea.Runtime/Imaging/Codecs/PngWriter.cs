using System.Buffers.Binary;
using System.IO.Compression;

namespace Fovea.Imaging.Codecs;

/// <summary>Writes pictures as PNG: 8-bit red, green and blue, every row as its difference from the one above.</summary>
/// <remarks>Source: PNG (third edition), sections 5 and 9.</remarks>
internal static class PngWriter
{
    private const byte FilterUp = 2;

    public static void Write(RgbImage image, Stream destination)
    {
        destination.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, image.Width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], image.Height);
        (header[8], header[9]) = (8, 2);
        WriteChunk(destination, "IHDR"u8, header);
        using (var data = new MemoryStream())
        {
            // On photographs level 9 would take ten times as long for a fifth of the bytes.
            using (var zlib = new ZLibStream(data, CompressionLevel.Fastest, leaveOpen: true))
            {
                WriteRows(image, zlib);
            }

            WriteChunk(destination, "IDAT"u8, data.GetBuffer().AsSpan(0, (int)data.Length));
        }

        WriteChunk(destination, "IEND"u8, []);
    }

    private static void WriteRows(RgbImage image, ZLibStream zlib)
    {
        var row = new byte[1 + (image.Width * 3)];
        row[0] = FilterUp;
        ReadOnlySpan<byte> above = new byte[row.Length - 1];
        for (var y = 0; y < image.Height; y++)
        {
            ReadOnlySpan<byte> own = image.Row(y);
            for (var i = 0; i < own.Length; i++)
            {
                row[1 + i] = (byte)(own[i] - above[i]);
            }

            zlib.Write(row);
            above = own;
        }
    }

    private static void WriteChunk(Stream destination, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        destination.Write(number);
        destination.Write(type);
        destination.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Of(type, data));
        destination.Write(number);
    }
}
