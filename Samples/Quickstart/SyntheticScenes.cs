using Fovea;
using Quickstart.Synthetic;

namespace Quickstart;

/// <summary>What the synthetic scenes show.</summary>
public enum Shape
{
    Disc,
    Ring,
    Square,
    Triangle,
    Star,
    Cross,
}

/// <summary>
/// A made detection set: shapes of 12 to 200 pixels, turned, stretched, textured and partly covering one another, among clutter. Colour
/// says nothing about the class.
/// A seed gives the same pictures on every machine.
/// </summary>
public static class SyntheticScenes
{
    private const float MinSide = 12;
    private const float MaxSide = 200;

    // Sizes √(w·h) from one entry to the next, and how often: small objects are many, as in photographs.
    private static readonly float[] Sizes = [13, 17, 23, 31, 41, 56, 76, 102, 140, 190];
    private static readonly double[] SizeShares = [0.03, 0.06, 0.12, 0.18, 0.20, 0.17, 0.12, 0.08, 0.04];

    /// <summary>Makes scenes. About one in twenty shows no object.</summary>
    /// <param name="count">Scenes.</param>
    /// <param name="seed">Scene number i depends on seed and i alone.</param>
    /// <param name="width">In pixels, at least 240.</param>
    /// <param name="height">In pixels, at least 240.</param>
    public static InMemoryDataset<Shape> Create(int count, ulong seed, int width = 256, int height = 256)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 240);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 240);
        var scenes = new (RgbImage, IReadOnlyList<LabeledBox<Shape>>)[count];
        Parallel.For(0, count, i => scenes[i] = CreateScene(new SeededRandom(seed, (ulong)i), width, height));
        return new InMemoryDataset<Shape>($"synthetic scenes, seed {seed}", scenes);
    }

    private static (RgbImage Image, IReadOnlyList<LabeledBox<Shape>> Objects) CreateScene(SeededRandom random, int width, int height)
    {
        var scene = new ScenePainter(width, height);
        Clutter.Background(scene, ref random);
        Clutter.Scatter(scene, ref random);
        var objects = new List<LabeledBox<Shape>>();
        var wanted = random.NextBool(0.05) ? 0 : 2 + random.NextInt32(7);
        for (var i = 0; i < wanted; i++)
        {
            var shape = (Shape)random.NextInt32(6);
            if (TryPlace(shape, scene, objects, ref random) is { } outline)
            {
                PaintShape(scene, outline, ref random);
                objects.Add(new LabeledBox<Shape>(shape, Inside(outline.Box, scene)));
            }
        }

        return (scene.ToImage(ref random, (float)random.NextDouble(1, 7)), objects);
    }

    /// <summary>Finds a place: mostly free, in about one of three cases partly over another object.</summary>
    private static ShapeOutline? TryPlace(Shape shape, ScenePainter scene, List<LabeledBox<Shape>> objects, ref SeededRandom random)
    {
        var overlapping = objects.Count > 0 && random.NextBool(0.16);
        for (var attempt = 0; attempt < 40; attempt++)
        {
            var (cos, sin) = Tilt(ref random);
            var outline = new ShapeOutline(shape, DrawSize(ref random), (float)random.NextDouble(0.8, 1.25), cos, sin);
            if (Math.Min(outline.Box.Width, outline.Box.Height) < MinSide || Math.Max(outline.Box.Width, outline.Box.Height) > MaxSide)
            {
                continue;
            }

            var (x, y) = ((float)random.NextDouble(0, scene.Width), (float)random.NextDouble(0, scene.Height));
            if (overlapping)
            {
                var near = objects[random.NextInt32(objects.Count)].Box;
                var (reachX, reachY) = ((near.Width + outline.Box.Width) / 2, (near.Height + outline.Box.Height) / 2);
                x = ((near.X1 + near.X2) / 2) + (float)random.NextDouble(-reachX, reachX);
                y = ((near.Y1 + near.Y2) / 2) + (float)random.NextDouble(-reachY, reachY);
            }

            outline.MoveTo(x, y);
            if (Fits(outline.Box, overlapping, scene, objects))
            {
                return outline;
            }
        }

        return null;
    }

    /// <summary>Turned by at most 25° either way: t = tan(angle / 2), so that no machine's sine decides about a bit.</summary>
    private static (float Cos, float Sin) Tilt(ref SeededRandom random)
    {
        var t = (float)random.NextDouble(-0.22, 0.22);
        return ((1 - (t * t)) / (1 + (t * t)), 2 * t / (1 + (t * t)));
    }

    private static float DrawSize(ref SeededRandom random)
    {
        var draw = random.NextDouble();
        var bin = 0;
        while (bin < SizeShares.Length - 1 && draw >= SizeShares[bin])
        {
            draw -= SizeShares[bin++];
        }

        return (float)random.NextDouble(Sizes[bin], Sizes[bin + 1]);
    }

    /// <summary>Enough of it inside the picture; the overlap that was wanted, and no object covered so far that it cannot be told any
    /// more.</summary>
    private static bool Fits(Box box, bool overlapping, ScenePainter scene, List<LabeledBox<Shape>> objects)
    {
        var inside = Inside(box, scene);
        if (inside.Area < 0.75f * box.Area || Math.Min(inside.Width, inside.Height) < MinSide)
        {
            return false;
        }

        var (touched, overlaps) = (false, false);
        foreach (var o in objects)
        {
            var common = Inside(box, o.Box).Area;
            if (common > 0.35f * o.Box.Area || common > 0.6f * inside.Area)
            {
                return false;
            }

            touched |= common > 0;
            overlaps |= common > 0.08f * Math.Min(o.Box.Area, inside.Area);
        }

        return overlapping ? overlaps : !touched;
    }

    private static void PaintShape(ScenePainter scene, ShapeOutline outline, ref SeededRandom random)
    {
        // A colour that stands out from what is behind it, by at least a quarter of the range.
        var center = Inside(outline.Box, scene);
        var behind = scene[(int)((center.X1 + center.X2) / 2), (int)((center.Y1 + center.Y2) / 2)];
        var first = Contrasting(behind, 90, ref random);
        var texture = Math.Max(0, random.NextInt32(6) - 2);
        var second = texture == 0 ? first : first.Mix(Contrasting(behind, 70, ref random), texture == 1 ? 1 : 0.4f);
        var frequency = (float)random.NextDouble(2, 5);
        var border = random.NextBool(0.3) ? (float)random.NextDouble(1, 2.5) : 0;
        var borderColor = Contrasting(first, 50, ref random);
        scene.Blend(outline.Box, (x, y) => Math.Clamp(0.5f - outline.Distance(x, y), 0, 1), Color);

        Paint Color(float x, float y)
        {
            if (border > 0 && outline.Distance(x, y) > -border)
            {
                return borderColor;
            }

            var (u, v) = outline.ToLocal(x, y);
            return texture switch
            {
                0 => first,
                1 => first.Mix(second, Math.Clamp(0.5f + (0.5f * u), 0, 1)),
                2 => Even(u * frequency) ? first : second,
                _ => Even(u * frequency) ^ Even(v * frequency) ? first : second,
            };
        }
    }

    private static bool Even(float value) => ((int)MathF.Floor(value) & 1) == 0;

    private static Paint Contrasting(Paint behind, float distance, ref SeededRandom random)
    {
        while (true)
        {
            var color = Paint.Random(ref random);
            if (color.Distance(behind) >= distance)
            {
                return color;
            }
        }
    }

    private static Box Inside(Box box, ScenePainter scene) => Inside(box, new Box(0, 0, scene.Width, scene.Height));

    private static Box Inside(Box box, Box frame) => new(
        Math.Max(box.X1, frame.X1), Math.Max(box.Y1, frame.Y1), Math.Min(box.X2, frame.X2), Math.Min(box.Y2, frame.Y2));
}
