namespace Fovea.Tests.Checkpoints.Torch;

/// <summary>
/// Damaged files of torch.save: each is loaded whole or refused with the reader's own exception, with the old weights bit for bit, in
/// bounded time and memory. FOVEA_FUZZ says how many; the same number is the same damage.
/// </summary>
public class TorchFuzzTests
{
    private const int Default = 10_000;

    /// <summary>Files of 20 kB: a hundred times that, and what a reader takes at once.</summary>
    private const long MaxBytes = 8L << 20;

    /// <summary>Pieces of pickles and archives: opcodes with arguments, lengths that are none, names that are refused.</summary>
    private static readonly byte[][] Words =
    [
        [(byte)'}'], [(byte)']'], [(byte)'('], [(byte)'t'], [(byte)'u'], [(byte)'s'], [(byte)'R'], [(byte)'Q'], [(byte)'b'], [(byte)'.'], [(byte)'0'],
        [(byte)'h', 0], [(byte)'h', 200], [(byte)'j', 255, 255, 255, 255], [(byte)'q', 0], [0x94], [0x93], [0x81], [0x85], [0x86], [0x87], [(byte)')'],
        [(byte)'J', 255, 255, 255, 255], [(byte)'K', 0], [0x8a, 8, 255, 255, 255, 255, 255, 255, 255, 127], [0x8a, 255], [(byte)'X', 255, 255, 255, 255],
        [(byte)'X', 3, 0, 0, 0, 0xED, 0xA0, 0x80], [0x8d, 255, 255, 255, 255, 255, 255, 255, 255], [0x95, 0, 0, 0, 0, 0, 0, 0, 0],
        [.. "cos\nsystem\n"u8], [.. "ctorch\nDoubleStorage\n"u8], [.. "ctorch._utils\n_rebuild_parameter\n"u8], [.. "PK\x01\x02"u8],
        [.. "PK\x03\x04"u8], [.. "PK\x05\x06"u8], [.. "PK\x06\x06"u8], [.. "PK\x06\x07"u8], [255, 255, 255, 255], [0, 0, 0, 0], [8, 0], [.. "../"u8],
    ];

    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 2)]
    [InlineData(false, 4)]
    [InlineData(true, 4)]
    public void Damaged_files_are_refused_by_the_readers_exception_and_change_nothing(bool isLegacy, int protocol)
    {
        var count = CheckpointFuzz.CountOr(Default / 2);
        using var saved = ToyDetector.Create(5);
        var (state, storages) = TorchFileTests.StateOf(saved, "module.", isLegacy);
        var root = new PyDict { { "epoch", 3 }, { "model", state } };
        var whole = isLegacy ? TorchFileWriter.Legacy(root, storages, protocol) : TorchFileWriter.Zip(root, storages, protocol);
        var parts = Parts(whole, storages);
        using var detector = ToyDetector.Create(6);
        var refused = CheckpointFuzz.Run(detector, count, MaxBytes, number => Damage(whole, parts, new Random(number)));
        Assert.InRange(refused, count / 2, count);
    }

    /// <summary>All but the values, which mean nothing to a reader.</summary>
    private static List<int> Parts(byte[] whole, List<PyStorage> storages)
    {
        var isValue = new bool[whole.Length];
        foreach (var storage in storages)
        {
            var at = whole.AsSpan().IndexOf(storage.Content);
            isValue.AsSpan(at, storage.Content.Length).Fill(true);
        }

        return [.. Enumerable.Range(0, whole.Length).Where(i => !isValue[i])];
    }

    private static byte[] Damage(byte[] whole, List<int> parts, Random random)
    {
        var bytes = whole.ToList();
        for (var i = random.Next(3); i >= 0 && bytes.Count > 0; i--)
        {
            var at = Math.Min(random.Next(8) > 0 ? parts[random.Next(parts.Count)] : random.Next(bytes.Count), bytes.Count - 1);
            var word = Words[random.Next(Words.Length)];
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
                    bytes.InsertRange(at, word);
                    break;
                default:
                    for (var j = 0; j < word.Length && at + j < bytes.Count; j++)
                    {
                        bytes[at + j] = word[j];
                    }

                    break;
            }
        }

        return [.. bytes];
    }
}
