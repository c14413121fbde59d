using Fovea;

namespace LossAblation;

/// <summary>What the scenes show: two marks that differ in their middle.</summary>
public enum Mark
{
    Disc,
    Ring,
}

/// <summary>
/// Made pictures of 256×256 with one to four marks of 16 to 48 pixels on a slope of brightness with faint strokes, noise, and twice as many
/// shapes that are nearly marks: a handful of objects among 108 800 anchors, most of them easy background, some of them hard.
/// A seed gives the same pictures on every machine.
/// </summary>
public static class MarkScenes
{
    private const int Side = 256;
    private const int Strokes = 12;
    private const int Decoys = 8;

    /// <summary>Makes so many scenes; scene i depends on the seed and i alone.</summary>
    public static InMemoryDataset<Mark> Create(int count, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        var scenes = new (RgbImage, IReadOnlyList<LabeledBox<Mark>>)[count];
        Parallel.For(0, count, i => scenes[i] = CreateScene(new SeededRandom(seed, (ulong)i)));
        return new InMemoryDataset<Mark>($"marks, seed {seed}", scenes);
    }

    private static (RgbImage Image, IReadOnlyList<LabeledBox<Mark>> Objects) CreateScene(SeededRandom random)
    {
        var light = new float[Side * Side];
        var level = (float)random.NextDouble(90, 150);
        var (slopeX, slopeY) = ((float)random.NextDouble(-30, 30), (float)random.NextDouble(-30, 30));
        for (var i = 0; i < light.Length; i++)
        {
            light[i] = level + (slopeX * (i % Side) / Side) + (slopeY * (i / Side) / Side);
        }

        for (var i = 0; i < Strokes; i++)
        {
            Stroke(light, ref random);
        }

        for (var i = 0; i < Decoys; i++)
        {
            var (x, y, radius, contrast) = Draw(ref random);
            Paint(light, new Box(x - radius, y - radius, x + radius, y + radius), contrast, random.NextInt32(5) switch
            {
                0 => (u, v) => MathF.Max(MathF.Abs(u), MathF.Abs(v)) < 0.85f,
                1 => (u, v) => MathF.Abs(u) + MathF.Abs(v) < 1,
                2 => (u, v) => (u * u) + (v * v) < 1 && v < 0,
                3 => (u, v) => (u * u) + (v * v) is < 1 and > 0.25f && !(u > 0 && v > 0),
                _ => (u, v) => MathF.Max(MathF.Abs(u), MathF.Abs(v)) is < 0.85f and > 0.45f,
            });
        }

        var objects = new List<LabeledBox<Mark>>();
        for (var wanted = 1 + random.NextInt32(4); wanted > 0; wanted--)
        {
            Place(light, objects, ref random);
        }

        var image = new RgbImage(Side, Side);
        for (var i = 0; i < light.Length; i++)
        {
            var value = (byte)Math.Clamp(light[i] + random.NextDouble(-16, 16), 0, 255);
            image.Pixels.AsSpan(3 * i, 3).Fill(value);
        }

        return (image, objects);
    }

    /// <summary>A mark where there is room for it, lighter or darker than what is behind.</summary>
    private static void Place(float[] light, List<LabeledBox<Mark>> objects, ref SeededRandom random)
    {
        var (x, y, radius, contrast) = Draw(ref random);
        var mark = (Mark)random.NextInt32(2);
        var box = new Box(x - radius, y - radius, x + radius, y + radius);
        if (objects.Any(o => o.Box.IoU(box) > 0))
        {
            return;
        }

        var hole = mark == Mark.Ring ? 0.25f : 0;
        Paint(light, box, contrast, (u, v) => (u * u) + (v * v) <= 1 && (u * u) + (v * v) >= hole);
        objects.Add(new LabeledBox<Mark>(mark, box));
    }

    /// <summary>Place, size and contrast of a shape that lies in the picture.</summary>
    private static (float X, float Y, float Radius, float Contrast) Draw(ref SeededRandom random)
    {
        var radius = (float)random.NextDouble(8, 24);
        var (x, y) = ((float)random.NextDouble(radius, Side - radius), (float)random.NextDouble(radius, Side - radius));
        return (x, y, radius, (float)random.NextDouble(20, 50) * (random.NextBool() ? 1 : -1));
    }

    /// <summary>A faint bar, which is background.</summary>
    private static void Stroke(float[] light, ref SeededRandom random)
    {
        var (x, y) = ((float)random.NextDouble(0, Side), (float)random.NextDouble(0, Side));
        var (w, h) = ((float)random.NextDouble(4, 60), (float)random.NextDouble(4, 12));
        var box = random.NextBool() ? new Box(x, y, x + w, y + h) : new Box(x, y, x + h, y + w);
        Paint(light, box, (float)random.NextDouble(-40, 40), (_, _) => true);
    }

    /// <summary>Adds to the brightness where a shape is.</summary>
    /// <param name="light">The picture.</param>
    /// <param name="box">The shape's.</param>
    /// <param name="contrast">What is added.</param>
    /// <param name="shape">Whether a place of the box, from −1 to 1 each way, is in it.</param>
    private static void Paint(float[] light, Box box, float contrast, Func<float, float, bool> shape)
    {
        var (x, y, halfWidth, halfHeight) = ((box.X1 + box.X2) / 2, (box.Y1 + box.Y2) / 2, box.Width / 2, box.Height / 2);
        for (var row = Math.Max(0, (int)box.Y1); row < Math.Min(Side, (int)MathF.Ceiling(box.Y2)); row++)
        {
            for (var column = Math.Max(0, (int)box.X1); column < Math.Min(Side, (int)MathF.Ceiling(box.X2)); column++)
            {
                light[(row * Side) + column] += shape((column + 0.5f - x) / halfWidth, (row + 0.5f - y) / halfHeight) ? contrast : 0;
            }
        }
    }
}
