namespace Fovea.App.Verification;

/// <summary>The picture that both sides are given, and how it lies on the canvas here.</summary>
/// <param name="Name">As messages call it.</param>
/// <param name="Image">Upright.</param>
/// <param name="Placement">Its size on the canvas.</param>
/// <param name="Canvas">The canvas.</param>
internal sealed record VerifiedPicture(string Name, RgbImage Image, ImagePlacement Placement, CanvasSize Canvas)
{
    /// <summary>Places a picture as the detector declares.</summary>
    /// <param name="model">Its canvases.</param>
    /// <param name="file">The picture; null: one that is made here, always the same.</param>
    public static VerifiedPicture Of(ModelDescription model, string? file)
    {
        var image = file is null ? Made(640, 480) : ImageFile.Decode(file);
        var fitter = CanvasFitter.For(model);
        var placement = fitter.Place(image.Width, image.Height);
        return new(file ?? "a made picture", image, placement, fitter.CanvasFor([placement]));
    }

    /// <summary>Rectangles of all sizes, one over the other, with some noise: edges as pictures have them.</summary>
    private static RgbImage Made(int width, int height)
    {
        const int Rectangles = 60;
        const int Noise = 12;
        var random = new SeededRandom(1);
        var pixels = new byte[width * height * 3];
        for (var i = 0; i < Rectangles; i++)
        {
            var (x, y) = ((int)random.NextDouble(-50, width), (int)random.NextDouble(-50, height));
            var (w, h) = ((int)random.NextDouble(8, 200), (int)random.NextDouble(8, 200));
            byte[] color = [(byte)random.NextDouble(0, 240), (byte)random.NextDouble(0, 240), (byte)random.NextDouble(0, 240)];
            for (var row = Math.Max(0, y); row < Math.Min(height, y + h); row++)
            {
                for (var column = Math.Max(0, x); column < Math.Min(width, x + w); column++)
                {
                    color.CopyTo(pixels, ((row * width) + column) * 3);
                }
            }
        }

        foreach (ref var value in pixels.AsSpan())
        {
            value += (byte)random.NextDouble(0, Noise);
        }

        return new RgbImage(width, height, pixels);
    }
}
