using Fovea;

namespace Digits;

/// <summary>The ten digits.</summary>
public enum Digit
{
    Zero,
    One,
    Two,
    Three,
    Four,
    Five,
    Six,
    Seven,
    Eight,
    Nine,
}

/// <summary>
/// Sheets of 320×320 with two to nine handwritten digits, 20 to 64 pixels high, on ruled paper. Splits have digits of their own: what is
/// measured on was never seen. A seed gives the same sheets on every machine.
/// </summary>
internal static class DigitScenes
{
    private const int Side = 320;
    private const int TrainDigits = 1300;
    private const int ValidationDigits = 150;

    /// <summary>What <c>--data</c>'s splits are called: 400 sheets to learn, 50 to choose by, 150 to measure on.</summary>
    public static InMemoryDataset<Digit>? Create(string split)
    {
        var all = HandwrittenDigit.ReadAll();
        return split switch
        {
            "train" => Create(split, [.. all.Take(TrainDigits)], 400, seed: 1),
            "val" => Create(split, [.. all.Skip(TrainDigits).Take(ValidationDigits)], 50, seed: 2),
            "test" => Create(split, [.. all.Skip(TrainDigits + ValidationDigits)], 150, seed: 3),
            _ => null,
        };
    }

    private static InMemoryDataset<Digit> Create(string split, HandwrittenDigit[] digits, int count, ulong seed)
    {
        var sheets = new (RgbImage, IReadOnlyList<LabeledBox<Digit>>)[count];
        Parallel.For(0, count, i => sheets[i] = CreateSheet(digits, new SeededRandom(seed, (ulong)i)));
        return new InMemoryDataset<Digit>($"digits, {split}", sheets);
    }

    private static (RgbImage Image, IReadOnlyList<LabeledBox<Digit>> Objects) CreateSheet(HandwrittenDigit[] digits, SeededRandom random)
    {
        var light = Paper(ref random);
        var objects = new List<LabeledBox<Digit>>();
        for (var wanted = 2 + random.NextInt32(8); wanted > 0; wanted--)
        {
            Write(digits[random.NextInt32(digits.Length)], light, objects, ref random);
        }

        var image = new RgbImage(Side, Side);
        for (var i = 0; i < light.Length; i++)
        {
            image.Pixels.AsSpan(3 * i, 3).Fill((byte)Math.Clamp(light[i] + random.NextDouble(-12, 12), 0, 255));
        }

        return (image, objects);
    }

    /// <summary>Ruled, and darker towards one corner.</summary>
    private static float[] Paper(ref SeededRandom random)
    {
        var light = new float[Side * Side];
        var (level, slopeX, slopeY) =
            ((float)random.NextDouble(150, 230), (float)random.NextDouble(-60, 20) / Side, (float)random.NextDouble(-60, 20) / Side);
        var (rule, first, faint) = (16 + random.NextInt32(32), random.NextInt32(32), (float)random.NextDouble(10, 60));
        for (var i = 0; i < light.Length; i++)
        {
            var (y, x) = Math.DivRem(i, Side);
            light[i] = level + (slopeX * x) + (slopeY * y) - ((y + first) % rule == 0 ? faint : 0);
        }

        return light;
    }

    /// <summary>Writes a digit where there is room; its box is that of what is seen of the ink.</summary>
    private static void Write(HandwrittenDigit digit, float[] light, List<LabeledBox<Digit>> objects, ref SeededRandom random)
    {
        var height = (float)random.NextDouble(20, 64);
        var width = height * (float)random.NextDouble(0.7, 1);
        var (left, top) = ((float)random.NextDouble(0, Side - width), (float)random.NextDouble(0, Side - height));
        if (objects.Exists(o => o.Box.IoU(new Box(left, top, left + width, top + height)) > 0))
        {
            return;
        }

        var ink = (float)random.NextDouble(60, 140);
        var (x1, y1, x2, y2) = (Side, Side, 0, 0);
        for (var y = (int)top; y < top + height && y < Side; y++)
        {
            for (var x = (int)left; x < left + width && x < Side; x++)
            {
                var dark = digit.At(HandwrittenDigit.Side * (x + 0.5f - left) / width, HandwrittenDigit.Side * (y + 0.5f - top) / height);
                light[(y * Side) + x] -= ink * dark;
                if (dark > 0.25f)
                {
                    (x1, y1, x2, y2) = (Math.Min(x1, x), Math.Min(y1, y), Math.Max(x2, x + 1), Math.Max(y2, y + 1));
                }
            }
        }

        objects.Add(new LabeledBox<Digit>(digit.Digit, new Box(x1, y1, x2, y2)));
    }
}
