using Fovea.Imaging;

namespace Fovea.Data.Variation;

/// <summary>
/// Paints several pictures into one of the canvas's size, in bytes: a mosaic, or two laid over each other. The result travels and is
/// normalised
/// like any picture that fills its canvas. One for each loader thread.
/// </summary>
/// <param name="pixels">The network's normalisation, whose mean is the colour of what is not painted.</param>
internal sealed class CanvasPainter(PixelNormalization pixels)
{
    // Values of 0 … 255, as they are.
    private readonly CanvasWriter writer = new(new PixelNormalization([0, 0, 0], [1, 1, 1], false, 255));
    private float[] values = [];

    /// <summary>A canvas of the normalisation's mean: what the network sees as 0.</summary>
    public RgbImage Empty(CanvasSize canvas)
    {
        var image = new RgbImage(canvas.Width, canvas.Height);
        for (var i = 0; i < image.Pixels.Length; i++)
        {
            var channel = pixels.Bgr ? 2 - (i % 3) : i % 3;
            image.Pixels[i] = (byte)Math.Clamp(MathF.Round(pixels.Mean[channel] / pixels.Scale * 255), 0, 255);
        }

        return image;
    }

    /// <summary>Paints a picture with its left upper corner at a place of the canvas.</summary>
    public void Paint(RgbImage canvas, RgbImage picture, in ImagePlacement placement, int left, int top)
    {
        var size = new CanvasSize(placement.Width, placement.Height);
        var length = size.Width * size.Height * 3;
        Array.Resize(ref values, Math.Max(values.Length, length));
        writer.Write(picture.Pixels, placement, size, values.AsSpan(0, length));
        for (var y = 0; y < size.Height; y++)
        {
            var row = canvas.Row(top + y).Slice(left * 3, size.Width * 3);
            var line = values.AsSpan(y * size.Width * 3, row.Length);
            for (var i = 0; i < row.Length; i++)
            {
                row[i] = (byte)Math.Clamp(MathF.Round(line[i]), 0, 255);
            }
        }
    }

    /// <summary>Lays another canvas over one, half transparent.</summary>
    /// <param name="canvas">Changed.</param>
    /// <param name="other">Of the same size.</param>
    /// <param name="share">Of the first, in 256ths.</param>
    public static void Mix(RgbImage canvas, RgbImage other, int share)
    {
        for (var i = 0; i < canvas.Pixels.Length; i++)
        {
            canvas.Pixels[i] = (byte)(((canvas.Pixels[i] * share) + (other.Pixels[i] * (256 - share)) + 128) >> 8);
        }
    }
}
