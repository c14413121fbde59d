using System.Buffers.Binary;

namespace Fovea.Tests.Imaging;

/// <summary>Random mistakes in picture files.</summary>
internal static class PictureMutation
{
    private static readonly byte[][] Poisons =
    [
        [0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF], [0x80, 0, 0, 0], [0, 0, 0, 0], [0xFF, 0xFF], [0, 0], [0x7F, 0xFF], [0, 1], [0xFF, 0xD9],
        [0xFF, 0xD8, 0xFF, 0xDA], [0xFF, 0xC0], [0xFF, 0xC4], [0xFF, 0xDD, 0, 4, 0, 1], [0x21, 0xFE], [0x2C], [0x3B],
    ];

    /// <summary>One to four mistakes: bytes changed, cut out, doubled, put in; an end that is missing; checksums repaired or not.</summary>
    public static byte[] Of(byte[] good, ref SeededRandom random)
    {
        var bytes = new List<byte>(good);
        for (var times = 1 + random.NextInt32(4); times > 0 && bytes.Count > 0; times--)
        {
            // Headers decide most: half of the mistakes are in them.
            var at = random.NextInt32(random.NextInt32(2) == 0 ? bytes.Count : Math.Min(bytes.Count, 200));
            var length = Math.Min(1 + random.NextInt32(40), bytes.Count - at);
            var poison = Poisons[random.NextInt32(Poisons.Length)];
            switch (random.NextInt32(8))
            {
                case 0:
                    bytes[at] = (byte)random.NextInt32(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, length);
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 3:
                    bytes.InsertRange(at, poison);
                    break;
                case 4:
                    for (var i = 0; i < poison.Length && at + i < bytes.Count; i++)
                    {
                        bytes[at + i] = poison[i];
                    }

                    break;
                case 5:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    bytes[at] ^= (byte)(1 << random.NextInt32(8));
                    break;
            }
        }

        var mutated = bytes.ToArray();
        if (random.NextInt32(4) > 0)
        {
            RepairChecksums(mutated);
        }

        return mutated;
    }

    /// <summary>Right checksums for PNG's chunks, so that what was changed is looked at.</summary>
    public static void RepairChecksums(Span<byte> content)
    {
        if (content.Length < 8 || !content[1..].StartsWith("PNG"u8))
        {
            return;
        }

        for (long at = 8, length; at + 12 <= content.Length; at += 12 + length)
        {
            length = BinaryPrimitives.ReadUInt32BigEndian(content[(int)at..]);
            if (at + 12 + length > content.Length)
            {
                return;
            }

            var data = content.Slice((int)at + 4, (int)length + 4);
            BinaryPrimitives.WriteUInt32BigEndian(content[((int)at + 8 + (int)length)..], Crc(data));
        }
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = ~0u;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
            }
        }

        return ~crc;
    }
}
