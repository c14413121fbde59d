using Fovea;

namespace LossAblation;

/// <summary>What the scenes show: two marks that differ in their middle.</summary>
public enum Mark
{
    Disc,
    Ring,
}

/// <summary>
/// Made pictures of 256×256 with one to four marks of 20 to 72 pixels on a slope of brightness with faint strokes and noise: a handful of
/// objects among 108 800 anchors. A seed gives the same pictures on every machine.
/// </summary>
public static class MarkScenes
{
    private const int Side = 256;
    private const int Strokes = 12;

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
        var radius = (float)random.NextDouble(10, 36);
        var (x, y) = ((float)random.NextDouble(radius, Side - radius), (float)random.NextDouble(radius, Side - radius));
        var box = new Box(x - radius, y - radius, x + radius, y + radius);
        if (objects.Any(o => o.Box.IoU(box) > 0))
        {
            return;
        }

        var mark = (Mark)random.NextInt32(2);
        var contrast = (float)random.NextDouble(28, 60) * (random.NextBool() ? 1 : -1);
        var hole = mark == Mark.Ring ? 0.5f * radius : 0;
        ForEachPixel(box, (at, px, py) =>
        {
            var distance = MathF.Sqrt(((px - x) * (px - x)) + ((py - y) * (py - y)));
            light[at] += distance <= radius && distance >= hole ? contrast : 0;
        });
        objects.Add(new LabeledBox<Mark>(mark, box));
    }

    /// <summary>A faint bar, which is background.</summary>
    private static void Stroke(float[] light, ref SeededRandom random)
    {
        var (x, y) = ((float)random.NextDouble(0, Side), (float)random.NextDouble(0, Side));
        var (w, h) = ((float)random.NextDouble(4, 60), (float)random.NextDouble(4, 12));
        var box = random.NextBool() ? new Box(x, y, x + w, y + h) : new Box(x, y, x + h, y + w);
        var contrast = (float)random.NextDouble(-40, 40);
        ForEachPixel(box, (at, _, _) => light[at] += contrast);
    }

    private static void ForEachPixel(Box box, Action<int, float, float> paint)
    {
        for (var y = Math.Max(0, (int)box.Y1); y < Math.Min(Side, (int)MathF.Ceiling(box.Y2)); y++)
        {
            for (var x = Math.Max(0, (int)box.X1); x < Math.Min(Side, (int)MathF.Ceiling(box.X2)); x++)
            {
                paint((y * Side) + x, x + 0.5f, y + 0.5f);
            }
        }
    }
}
