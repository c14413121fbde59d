using System.Buffers.Binary;
using System.Text;

namespace Fovea.Tests.Checkpoints;

/// <summary>
/// Damaged checkpoints: each is loaded whole or refused with the reader's own exception, with the old weights bit for bit, in bounded time
/// and memory. FOVEA_FUZZ says how many; the same number is the same damage.
/// </summary>
public class CheckpointFuzzTests
{
    private const int Default = 10_000;
    private const long MaxBytes = 200L << 20;

    private static readonly string[] Words =
    [
        "\"dtype\"", "\"shape\"", "\"data_offsets\"", "\"F32\"", "\"F64\"", "\"U64\"", "\"BOOL\"", "null", "[]", "{}", "[[[[[[[[", "-1", "1e400",
        "9223372036854775807", "18446744073709551615", "\"\\ud800\"", "\"\\u0000\"", "\"__metadata__\"", "\"fovea.classes\"", ",", ":", "\"", "1.5",
    ];

    [Fact]
    public void Damaged_checkpoints_are_refused_by_the_readers_exception_and_change_nothing()
    {
        var count = CheckpointFuzz.CountOr(Default);
        using var saved = ToyDetector.Create(5);
        using var content = new MemoryStream();
        saved.Save(content);
        var whole = content.ToArray();
        using var detector = ToyDetector.Create(6);
        var refused = CheckpointFuzz.Run(detector, count, MaxBytes, number => Damage(whole, new Random(number)));
        Assert.InRange(refused, count / 2, count);
    }

    private static byte[] Damage(byte[] whole, Random random)
    {
        var header = (int)BinaryPrimitives.ReadInt64LittleEndian(whole);
        var bytes = whole.ToList();
        for (var i = random.Next(3); i >= 0; i--)
        {
            // Mostly the header: the data means nothing to a reader.
            var limit = random.Next(4) > 0 ? Math.Min(8 + header, bytes.Count) : bytes.Count;
            var at = random.Next(limit);
            switch (random.Next(8))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 40), bytes.Count - at));
                    break;
                case 3:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 4:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 200), bytes.Count - at)));
                    break;
                case 5:
                    bytes[random.Next(Math.Min(8, bytes.Count))] = (byte)random.Next(256);
                    break;
                default:
                    ReplaceText(bytes, at, Words[random.Next(Words.Length)], random.Next(2) == 0, header);
                    break;
            }

            if (bytes.Count == 0)
            {
                break;
            }
        }

        return [.. bytes];
    }

    /// <summary>A word over what is there, or before it with the header's length set right.</summary>
    private static void ReplaceText(List<byte> bytes, int at, string word, bool isInserted, int header)
    {
        var text = Encoding.UTF8.GetBytes(word);
        if (isInserted && at >= 8 && bytes.Count > 8)
        {
            bytes.InsertRange(at, text);
            var length = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, header + text.Length);
            for (var i = 0; i < 8; i++)
            {
                bytes[i] = length[i];
            }

            return;
        }

        for (var i = 0; i < text.Length && at + i < bytes.Count; i++)
        {
            bytes[at + i] = text[i];
        }
    }
}
