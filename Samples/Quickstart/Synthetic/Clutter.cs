using Fovea;

namespace Quickstart.Synthetic;

/// <summary>What is in a scene and is no object: backgrounds, soft clouds, lines, curves, bars, angles, writing, dust. Nothing of it looks
/// like a class.</summary>
internal static class Clutter
{
    /// <summary>A slope between two colours with two octaves of smooth noise.</summary>
    public static void Background(ScenePainter scene, ref SeededRandom random)
    {
        var from = Paint.Random(ref random);
        var to = from.Mix(Paint.Random(ref random), 0.35f);
        var coarse = new NoiseField(scene.Width, scene.Height, 64, ref random);
        var fine = new NoiseField(scene.Width, scene.Height, 18, ref random);
        var (amplitudeCoarse, amplitudeFine) = ((float)random.NextDouble(0, 25), (float)random.NextDouble(0, 14));
        var (slopeX, slopeY) = ((float)random.NextDouble(-1, 1), (float)random.NextDouble(-1, 1));
        for (var y = 0; y < scene.Height; y++)
        {
            for (var x = 0; x < scene.Width; x++)
            {
                var share = 0.5f + (0.5f * ((slopeX * x / scene.Width) + (slopeY * y / scene.Height)));
                var noise = (amplitudeCoarse * coarse[x, y]) + (amplitudeFine * fine[x, y]);
                var c = from.Mix(to, Math.Clamp(share, 0, 1));
                scene[x, y] = new Paint(c.R + noise, c.G + noise, c.B + noise);
            }
        }
    }

    /// <summary>Adds some clutter of every kind.</summary>
    public static void Scatter(ScenePainter scene, ref SeededRandom random)
    {
        Repeat(random.NextInt32(4), scene, ref random, Cloud);
        Repeat(2 + random.NextInt32(5), scene, ref random, Line);
        Repeat(random.NextInt32(3), scene, ref random, Curve);
        Repeat(random.NextInt32(3), scene, ref random, Bar);
        Repeat(random.NextInt32(3), scene, ref random, Angle);
        Repeat(random.NextInt32(3), scene, ref random, Writing);
        Repeat(random.NextInt32(30), scene, ref random, Dust);
    }

    private delegate void Painter(ScenePainter scene, ref SeededRandom random);

    private static void Repeat(int count, ScenePainter scene, ref SeededRandom random, Painter painter)
    {
        for (var i = 0; i < count; i++)
        {
            painter(scene, ref random);
        }
    }

    /// <summary>Overlapping soft spots: no edge anywhere.</summary>
    private static void Cloud(ScenePainter scene, ref SeededRandom random)
    {
        var color = Paint.Random(ref random);
        var (x, y) = Point(scene, ref random);
        var spots = 3 + random.NextInt32(4);
        for (var i = 0; i < spots; i++)
        {
            var (cx, cy) = (x + (float)random.NextDouble(-30, 30), y + (float)random.NextDouble(-20, 20));
            var radius = (float)random.NextDouble(14, 40);
            var opacity = (float)random.NextDouble(0.1, 0.3);
            scene.Blend(new Box(cx - radius, cy - radius, cx + radius, cy + radius), Coverage, (_, _) => color);

            float Coverage(float px, float py)
            {
                var fall = Math.Max(0, 1 - ((((px - cx) * (px - cx)) + ((py - cy) * (py - cy))) / (radius * radius)));
                return opacity * fall * fall;
            }
        }
    }

    private static void Line(ScenePainter scene, ref SeededRandom random)
    {
        var (x1, y1) = Point(scene, ref random);
        var (x2, y2) = Point(scene, ref random);
        scene.Stroke(x1, y1, x2, y2, (float)random.NextDouble(1, 3.5), Paint.Random(ref random), (float)random.NextDouble(0.4, 1));
    }

    /// <summary>A quadratic curve of short strokes.</summary>
    private static void Curve(ScenePainter scene, ref SeededRandom random)
    {
        var (x1, y1) = Point(scene, ref random);
        var (cx, cy) = (x1 + (float)random.NextDouble(-120, 120), y1 + (float)random.NextDouble(-120, 120));
        var (x2, y2) = (cx + (float)random.NextDouble(-120, 120), cy + (float)random.NextDouble(-120, 120));
        var color = Paint.Random(ref random);
        var thickness = (float)random.NextDouble(1.5, 4);
        var (px, py) = (x1, y1);
        for (var i = 1; i <= 16; i++)
        {
            var t = i / 16f;
            var (a, b, c) = ((1 - t) * (1 - t), 2 * t * (1 - t), t * t);
            var (x, y) = ((a * x1) + (b * cx) + (c * x2), (a * y1) + (b * cy) + (c * y2));
            scene.Stroke(px, py, x, y, thickness, color);
            (px, py) = (x, y);
        }
    }

    /// <summary>Seven to twelve times as long as it is thick.</summary>
    private static void Bar(ScenePainter scene, ref SeededRandom random)
    {
        var (x, y) = Point(scene, ref random);
        var (cos, sin) = Direction(ref random);
        var thickness = (float)random.NextDouble(4, 11);
        var length = thickness * (float)random.NextDouble(7, 12);
        scene.Stroke(x, y, x + (length * cos), y + (length * sin), thickness, Paint.Random(ref random));
    }

    /// <summary>Two strokes that meet.</summary>
    private static void Angle(ScenePainter scene, ref SeededRandom random)
    {
        var (x, y) = Point(scene, ref random);
        var color = Paint.Random(ref random);
        var thickness = (float)random.NextDouble(2.5, 6);
        for (var i = 0; i < 2; i++)
        {
            var (cos, sin) = Direction(ref random);
            var length = (float)random.NextDouble(20, 60);
            scene.Stroke(x, y, x + (length * cos), y + (length * sin), thickness, color);
        }
    }

    /// <summary>A line of strokes as high as letters.</summary>
    private static void Writing(ScenePainter scene, ref SeededRandom random)
    {
        var (x, y) = Point(scene, ref random);
        var color = Paint.Random(ref random);
        var size = (float)random.NextDouble(6, 13);
        var thickness = Math.Max(1, size / 8);
        var letters = 4 + random.NextInt32(8);
        for (var i = 0; i < letters; i++, x += size * 0.8f)
        {
            var strokes = 2 + random.NextInt32(2);
            for (var s = 0; s < strokes; s++)
            {
                var (x1, x2) = (x + (random.NextInt32(3) * size * 0.25f), x + (random.NextInt32(3) * size * 0.25f));
                var (y1, y2) = (y + (random.NextInt32(3) * size * 0.5f), y + (random.NextInt32(3) * size * 0.5f));
                scene.Stroke(x1, y1, x2, y2, thickness, color);
            }
        }
    }

    private static void Dust(ScenePainter scene, ref SeededRandom random)
    {
        var (x, y) = Point(scene, ref random);
        scene.Stroke(x, y, x + 0.5f, y, (float)random.NextDouble(1, 3), Paint.Random(ref random));
    }

    private static (float X, float Y) Point(ScenePainter scene, ref SeededRandom random) =>
        ((float)random.NextDouble(0, scene.Width), (float)random.NextDouble(0, scene.Height));

    /// <summary>A random direction without sine or cosine: a point in the unit disc, normalised.</summary>
    internal static (float Cos, float Sin) Direction(ref SeededRandom random)
    {
        while (true)
        {
            var (x, y) = (random.NextDouble(-1, 1), random.NextDouble(-1, 1));
            var squared = (x * x) + (y * y);
            if (squared is > 0.01 and <= 1)
            {
                var length = Math.Sqrt(squared);
                return ((float)(x / length), (float)(y / length));
            }
        }
    }

    /// <summary>Smooth noise, −1 … 1: random values on a grid, blended by smoothstep.</summary>
    private sealed class NoiseField
    {
        private readonly int cell;
        private readonly int columns;
        private readonly float[] values;

        public NoiseField(int width, int height, int cell, ref SeededRandom random)
        {
            this.cell = cell;
            columns = (width / cell) + 2;
            values = new float[columns * ((height / cell) + 2)];
            foreach (ref var v in values.AsSpan())
            {
                v = (float)random.NextDouble(-1, 1);
            }
        }

        public float this[int x, int y]
        {
            get
            {
                var (column, row) = (x / cell, y / cell);
                var (fx, fy) = (Smooth((x % cell) / (float)cell), Smooth((y % cell) / (float)cell));
                var at = (row * columns) + column;
                var upper = values[at] + ((values[at + 1] - values[at]) * fx);
                var lower = values[at + columns] + ((values[at + columns + 1] - values[at + columns]) * fx);
                return upper + ((lower - upper) * fy);
            }
        }

        private static float Smooth(float t) => t * t * (3 - (2 * t));
    }
}
