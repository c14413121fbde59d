namespace Fovea.Tests.Onnx;

/// <summary>Pictures for networks that were never trained: smooth, with edges and some noise.</summary>
internal static class Pictures
{
    public static RgbImage Make(int width, int height, int seed)
    {
        var random = new Random(seed);
        var (fx, fy) = (0.03 + (0.1 * random.NextDouble()), 0.03 + (0.1 * random.NextDouble()));
        var pixels = new byte[width * height * 3];
        for (var i = 0; i < pixels.Length; i++)
        {
            var (c, x, y) = (i % 3, i / 3 % width, i / 3 / width);
            var wave = Math.Sin((fx * x) + c + seed) + Math.Cos((fy * y) - c) + ((x / 17) + (y / 23)) % 2;
            pixels[i] = (byte)Math.Clamp(110 + (50 * wave) + random.Next(-25, 25), 0, 255);
        }

        return new RgbImage(width, height, pixels);
    }

    /// <summary>[N, H, W, 3] of pictures of one size.</summary>
    public static byte[] Batch(params RgbImage[] pictures) => [.. pictures.SelectMany(p => p.Pixels)];

    /// <summary>[N, 3, H, W] of 0 to 1.</summary>
    public static float[] Floats(params RgbImage[] pictures) => [.. pictures.SelectMany(p =>
        Enumerable.Range(0, 3).SelectMany(c => Enumerable.Range(0, p.Width * p.Height).Select(i => p.Pixels[(3 * i) + c] / 255f)))];
}
