using Fovea.Tiny;

namespace Fovea.EndToEnd.Pretrained;

/// <summary>
/// Damaged ONNX models: each is loaded or refused with the reader's own exception, with the old weights bit for bit, in bounded time and
/// memory. FOVEA_FUZZ says how many; the same number is the same damage.
/// </summary>
public class OnnxFuzzTests
{
    private const int Default = 400;
    private const long MaxBytes = 200L << 20;

    /// <summary>Lengths and numbers that are at some limit, and fields of the messages.</summary>
    private static readonly byte[][] Words =
    [
        [0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80],
        [0x08, 0x00], [0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0x07], [0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], [0x10, 0x08], [0x10, 0x10], [0x70, 0x01],
        [0x0A, 0x00], [0x0A, 0x01, 0x76], [0x3A, 0x00], [0x2A, 0x00], [0x4A, 0x00], [0x22, 0x04, 0x43, 0x6F, 0x6E, 0x76], "Conv"u8.ToArray(), "Add"u8.ToArray(),
        "Relu"u8.ToArray(), "Identity"u8.ToArray(), "picture"u8.ToArray(), [0x0B], [0x0C], [0x0F],
    ];

    [Fact]
    public void Damaged_models_are_refused_by_the_readers_exception_and_change_nothing()
    {
        var count = CheckpointFuzz.CountOr(Default);
        byte[][] wholes =
        [
            new ResNetFile { HasIdentities = true }.Write(),
            new ResNetFile { Norm = FileNorm.BatchAndScale }.Write(new OnnxWriter { Form = TensorForm.Packed }),
            new ResNetFile { Norm = FileNorm.Folded, Width = 2, Preprocess = Preprocess }.Write(new OnnxWriter { Form = TensorForm.HalfIntegers }),
        ];
        using var detector = TileDetector.Create(6);
        var options = new LoadOptions
        {
            Rule = LoadRule.BackboneOnly,
            Pixels = new PixelNormalization([0, 0, 0], [1, 1, 1], false, 255),
            Warnings = new Warnings(),
        };
        var refused = CheckpointFuzz.Run(detector, count, MaxBytes, number => Damage(wholes[number % wholes.Length], new Random(number)), options);
        Assert.InRange(refused, count / 3, count);
    }

    private static string Preprocess(OnnxWriter writer, string pixels)
    {
        writer.Node("Split", [pixels], ["r", "g", "b"], ("axis", 1L));
        var y = writer.Node("Concat", ["b", "g", "r"], ("axis", 1L));
        return writer.Node("Sub", [y, writer.Tensor([3, 1, 1], [1, 2, 3])]);
    }

    private static byte[] Damage(byte[] whole, Random random)
    {
        var bytes = whole.ToList();
        for (var i = random.Next(4); i >= 0 && bytes.Count > 0; i--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(7))
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
                case 3 when random.Next(4) == 0:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 4:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 200), bytes.Count - at)));
                    break;
                case 5:
                    var word = Words[random.Next(Words.Length)];
                    for (var k = 0; k < word.Length && at + k < bytes.Count; k++)
                    {
                        bytes[at + k] = word[k];
                    }

                    break;
                default:
                    // A name becomes another's: values flow elsewhere, also in circles.
                    var (from, to) = (FindName(bytes, random), FindName(bytes, random));
                    for (var k = 0; k < 3 && from + k < bytes.Count && to + k < bytes.Count; k++)
                    {
                        bytes[to + k] = bytes[from + k];
                    }

                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>Where a node's input or output, "v…", may begin.</summary>
    private static int FindName(List<byte> bytes, Random random)
    {
        var at = bytes.IndexOf((byte)'v', random.Next(bytes.Count));
        return at < 0 ? 0 : at;
    }
}
