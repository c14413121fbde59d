using Fovea;

namespace SmallDetails;

/// <summary>Heads of screws, told apart by their drive alone.</summary>
public enum Drive
{
    Slot,
    Cross,
    Square,
    Hex,
    Star,
    Spanner,
}

/// <summary>
/// Made pictures, of 640×640 if nothing else is said, with heads of screws, 22 to 36 pixels wide and turned any way, on a grained table among pebbles that nothing is
/// to be found on. What tells one drive from another is three pixels wide. A seed gives the same pictures on every machine.
/// </summary>
public static class ScrewScenes
{
    private const int Usual = 640;
    private const int Samples = 3;

    /// <summary>Makes so many scenes; scene i depends on the seed, its size and i alone. A larger one has more screws, not larger ones.</summary>
    public static InMemoryDataset<Drive> Create(int count, ulong seed, int width = Usual, int height = Usual)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, Usual);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, Usual);
        var scenes = new (RgbImage, IReadOnlyList<LabeledBox<Drive>>)[count];
        Parallel.For(0, count, i => scenes[i] = CreateScene(new SeededRandom(seed, (ulong)i), width, height));
        return new InMemoryDataset<Drive>($"screws, seed {seed}", scenes);
    }

    private static (RgbImage Image, IReadOnlyList<LabeledBox<Drive>> Objects) CreateScene(SeededRandom random, int width, int height)
    {
        var area = width * height / (Usual * Usual);
        var light = new Picture(width, height);
        LayTable(light, ref random);
        var taken = new List<Box>();
        for (var pebbles = (4 * area) + random.NextInt32(8 * area); pebbles > 0; pebbles--)
        {
            if (Room(8, 22, light, taken, ref random) is { } box)
            {
                var shade = (float)random.NextDouble(40, 215);
                var (tilt, flat) = (Turn(ref random), (float)random.NextDouble(0.5, 1));
                Paint(light, box, (u, v) => Inside(tilt, u, v, (x, y) => (x * x) + (y * y / (flat * flat)) < 1) ? shade : null);
            }
        }

        var objects = new List<LabeledBox<Drive>>();
        for (var screws = (5 * area) + random.NextInt32(8 * area); screws > 0; screws--)
        {
            if (Room(11, 18, light, taken, ref random) is { } box)
            {
                var drive = (Drive)random.NextInt32(6);
                var (head, tilt) = ((float)random.NextDouble(120, 220), Turn(ref random));
                var line = 1.5f / (0.5f * box.Width);
                Paint(light, box, (u, v) => (u * u) + (v * v) > 1 ? null
                    : (u * u) + (v * v) > 0.8f || Inside(tilt, u, v, (x, y) => IsRecess(drive, x, y, line)) ? head - 75 : head);
                objects.Add(new LabeledBox<Drive>(drive, box));
            }
        }

        var tint = ((float)random.NextDouble(0.85, 1), (float)random.NextDouble(0.8, 1), (float)random.NextDouble(0.7, 0.95));
        return (ToImage(light, tint, ref random), objects);
    }

    /// <summary>A grain along one direction, lighter on one side.</summary>
    private static void LayTable(Picture light, ref SeededRandom random)
    {
        var level = (float)random.NextDouble(70, 170);
        var slope = (float)random.NextDouble(-40, 40) / Math.Max(light.Width, light.Height);
        var grain = new float[Math.Max(light.Width, light.Height)];
        for (var i = 0; i < grain.Length; i++)
        {
            grain[i] = (0.7f * (i > 0 ? grain[i - 1] : 0)) + (float)random.NextDouble(-8, 8);
        }

        var upright = random.NextBool();
        for (var y = 0; y < light.Height; y++)
        {
            for (var x = 0; x < light.Width; x++)
            {
                light.Values[(y * light.Width) + x] = level + (slope * (x - y)) + grain[upright ? x : y];
            }
        }
    }

    /// <summary>Whether a place of the head, from −1 to 1 each way, is in its drive.</summary>
    private static bool IsRecess(Drive drive, float x, float y, float width) => drive switch
    {
        Drive.Slot => Math.Abs(x) < width,
        Drive.Cross => Math.Max(Math.Abs(x), Math.Abs(y)) < 0.55f && Math.Min(Math.Abs(x), Math.Abs(y)) < width,
        Drive.Square => Math.Max(Math.Abs(x), Math.Abs(y)) < 0.36f,
        Drive.Hex => Math.Max(Math.Abs(x), (0.5f * Math.Abs(x)) + (0.866f * Math.Abs(y))) is > 0.3f and < 0.5f,
        Drive.Star => Math.Max(Math.Abs(x), Math.Abs(y)) < 0.55f && Math.Abs(Math.Abs(x) - Math.Abs(y)) < width && (x * x) + (y * y) > 0.03f,
        _ => (Math.Abs(x) - 0.4f) * (Math.Abs(x) - 0.4f) + (y * y) < 2 * width * width,
    };

    private static bool Inside((float Cos, float Sin) tilt, float u, float v, Func<float, float, bool> shape) =>
        shape((tilt.Cos * u) + (tilt.Sin * v), (tilt.Cos * v) - (tilt.Sin * u));

    /// <summary>t = tan(angle / 2), so that no machine's sine decides about a bit.</summary>
    private static (float Cos, float Sin) Turn(ref SeededRandom random)
    {
        var t = (float)random.NextDouble(-1, 1);
        return ((1 - (t * t)) / (1 + (t * t)), 2 * t / (1 + (t * t)));
    }

    private static Box? Room(double least, double greatest, Picture light, List<Box> taken, ref SeededRandom random)
    {
        for (var attempt = 0; attempt < 20; attempt++)
        {
            var radius = (float)random.NextDouble(least, greatest);
            var (x, y) = ((float)random.NextDouble(radius, light.Width - radius), (float)random.NextDouble(radius, light.Height - radius));
            var box = new Box(x - radius, y - radius, x + radius, y + radius);
            if (taken.TrueForAll(t => t.IoU(box) == 0))
            {
                taken.Add(box);
                return box;
            }
        }

        return null;
    }

    /// <summary>Mixes in what a shape has at each of a pixel's places; u and v go from −1 to 1 over the box.</summary>
    private static void Paint(Picture light, Box box, Func<float, float, float?> shape)
    {
        var (cx, cy, radius) = ((box.X1 + box.X2) / 2, (box.Y1 + box.Y2) / 2, box.Width / 2);
        for (var y = (int)box.Y1; y < Math.Min(light.Height, box.Y2); y++)
        {
            for (var x = (int)box.X1; x < Math.Min(light.Width, box.X2); x++)
            {
                var (sum, behind) = (0f, light.Values[(y * light.Width) + x]);
                for (var i = 0; i < Samples * Samples; i++)
                {
                    var (px, py) = (x + (((i % Samples) + 0.5f) / Samples), y + (((i / Samples) + 0.5f) / Samples));
                    sum += shape((px - cx) / radius, (py - cy) / radius) ?? behind;
                }

                light.Values[(y * light.Width) + x] = sum / (Samples * Samples);
            }
        }
    }

    private static RgbImage ToImage(Picture light, (float R, float G, float B) tint, ref SeededRandom random)
    {
        var image = new RgbImage(light.Width, light.Height);
        for (var i = 0; i < light.Values.Length; i++)
        {
            var value = light.Values[i] + random.NextDouble(-10, 10);
            image.Pixels[3 * i] = (byte)Math.Clamp(value * tint.R, 0, 255);
            image.Pixels[(3 * i) + 1] = (byte)Math.Clamp(value * tint.G, 0, 255);
            image.Pixels[(3 * i) + 2] = (byte)Math.Clamp(value * tint.B, 0, 255);
        }

        return image;
    }

    /// <summary>Shades before they are tinted.</summary>
    private sealed class Picture(int width, int height)
    {
        public int Width => width;

        public int Height => height;

        public float[] Values { get; } = new float[width * height];
    }
}
