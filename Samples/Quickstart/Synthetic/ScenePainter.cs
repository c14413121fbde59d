using Fovea;

namespace Quickstart.Synthetic;

/// <summary>A colour of floats, 0 … 255.</summary>
internal readonly record struct Paint(float R, float G, float B)
{
    public static Paint Random(ref SeededRandom random) =>
        new((float)random.NextDouble(0, 255), (float)random.NextDouble(0, 255), (float)random.NextDouble(0, 255));

    /// <summary>Largest difference of a channel.</summary>
    public float Distance(Paint other) => Math.Max(Math.Abs(R - other.R), Math.Max(Math.Abs(G - other.G), Math.Abs(B - other.B)));

    public Paint Mix(Paint other, float share) =>
        new(R + ((other.R - R) * share), G + ((other.G - G) * share), B + ((other.B - B) * share));
}

/// <summary>
/// Paints anti-aliased forms given by signed distances. Only + − · / √ on numbers that IEEE 754 fixes to the bit: a seed gives the same
/// picture on every machine.
/// </summary>
internal sealed class ScenePainter(int width, int height)
{
    private readonly Paint[] pixels = new Paint[width * height];

    public int Width => width;

    public int Height => height;

    public ref Paint this[int x, int y] => ref pixels[(y * width) + x];

    /// <summary>Blends a form over the picture.</summary>
    /// <param name="bounds">Pixels outside are not visited.</param>
    /// <param name="coverage">0 … 1 at a point.</param>
    /// <param name="color">At a point.</param>
    public void Blend(Box bounds, Func<float, float, float> coverage, Func<float, float, Paint> color)
    {
        var (x1, y1) = ((int)Math.Clamp(bounds.X1 - 2, 0, width), (int)Math.Clamp(bounds.Y1 - 2, 0, height));
        var (x2, y2) = ((int)Math.Clamp(bounds.X2 + 3, 0, width), (int)Math.Clamp(bounds.Y2 + 3, 0, height));
        for (var y = y1; y < y2; y++)
        {
            for (var x = x1; x < x2; x++)
            {
                var share = coverage(x + 0.5f, y + 0.5f);
                if (share > 0)
                {
                    this[x, y] = this[x, y].Mix(color(x + 0.5f, y + 0.5f), Math.Min(1, share));
                }
            }
        }
    }

    /// <summary>A stroke with round ends.</summary>
    public void Stroke(float x1, float y1, float x2, float y2, float thickness, Paint color, float opacity = 1)
    {
        var r = thickness / 2;
        var bounds = new Box(Math.Min(x1, x2) - r, Math.Min(y1, y2) - r, Math.Max(x1, x2) + r, Math.Max(y1, y2) + r);
        var (dx, dy) = (x2 - x1, y2 - y1);
        var squared = Math.Max(1e-6f, (dx * dx) + (dy * dy));
        Blend(bounds, Coverage, (_, _) => color);

        float Coverage(float x, float y)
        {
            var t = Math.Clamp((((x - x1) * dx) + ((y - y1) * dy)) / squared, 0, 1);
            var (ex, ey) = (x - x1 - (t * dx), y - y1 - (t * dy));
            return opacity * Math.Clamp(r - MathF.Sqrt((ex * ex) + (ey * ey)) + 0.5f, 0, 1);
        }
    }

    /// <summary>The picture, with noise of the given deviation on every value.</summary>
    public RgbImage ToImage(ref SeededRandom random, float noise)
    {
        var image = new RgbImage(width, height);
        for (var i = 0; i < pixels.Length; i++)
        {
            // Three values of 21 bits from one number; the sum of two uniform ones is near enough to a bell.
            var bits = random.NextUInt64();
            image.Pixels[i * 3] = Quantise(pixels[i].R, bits, noise);
            image.Pixels[(i * 3) + 1] = Quantise(pixels[i].G, bits >> 21, noise);
            image.Pixels[(i * 3) + 2] = Quantise(pixels[i].B, bits >> 42, noise);
        }

        return image;
    }

    private static byte Quantise(float value, ulong bits, float noise)
    {
        var bell = ((bits & 1023) + ((bits >> 10) & 1023)) / 1023f;
        return (byte)Math.Clamp(value + ((bell - 1) * noise * 2.45f) + 0.5f, 0, 255);
    }
}
