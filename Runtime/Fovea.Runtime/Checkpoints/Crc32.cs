namespace Fovea.Checkpoints;

/// <summary>The checksum of zip archives: CRC-32 of ISO 3309, polynomial 0x04C11DB7, bits reflected.</summary>
internal static class Crc32
{
    private const int Slices = 8;

    /// <summary>Row k: what a byte that k others follow adds, so that eight bytes are one step.</summary>
    private static readonly uint[][] Table = MakeTable();

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = ~0u;
        for (; bytes.Length >= Slices; bytes = bytes[Slices..])
        {
            var first = crc ^ System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            crc = Table[7][first & 255] ^ Table[6][(first >> 8) & 255] ^ Table[5][(first >> 16) & 255] ^ Table[4][first >> 24]
                ^ Table[3][bytes[4]] ^ Table[2][bytes[5]] ^ Table[1][bytes[6]] ^ Table[0][bytes[7]];
        }

        foreach (var value in bytes)
        {
            crc = (crc >> 8) ^ Table[0][(byte)crc ^ value];
        }

        return ~crc;
    }

    private static uint[][] MakeTable()
    {
        var table = Enumerable.Range(0, Slices).Select(_ => new uint[256]).ToArray();
        for (var i = 0u; i < 256; i++)
        {
            var crc = i;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320u);
            }

            table[0][i] = crc;
        }

        for (var slice = 1; slice < Slices; slice++)
        {
            for (var i = 0; i < 256; i++)
            {
                var before = table[slice - 1][i];
                table[slice][i] = (before >> 8) ^ table[0][(byte)before];
            }
        }

        return table;
    }
}
