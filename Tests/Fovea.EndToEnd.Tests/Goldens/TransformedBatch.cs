using Fovea.CompilerServices;
using Fovea.Imaging;
using Fovea.Tests.Goldens;

namespace Fovea.EndToEnd.Goldens;

/// <summary>The raw images of an end-to-end fixture, placed on their canvas as the detector declares.</summary>
/// <param name="Canvas">The batch's.</param>
/// <param name="Placements">Of each image.</param>
/// <param name="Pixels">[N, 3, H, W].</param>
/// <param name="Targets">In pixels of the canvas.</param>
internal sealed record TransformedBatch(CanvasSize Canvas, ImagePlacement[] Placements, float[] Pixels, Target[] Targets)
{
    public static TransformedBatch Create(GoldenEntry entry, Dictionary<string, GoldenTensor> golden, ModelDescription description)
    {
        var fitter = CanvasFitter.For(description);
        var images = golden.Keys.Count(k => k.StartsWith("image.", StringComparison.Ordinal));
        var placements = Enumerable.Range(0, images).Select(n => golden[$"image.{n}"].Shape).Select(s => fitter.Place(s[2], s[1])).ToArray();
        var canvas = fitter.CanvasFor(placements);
        var writer = new CanvasWriter(description.Pixels);
        var cells = canvas.Height * canvas.Width;
        var pixels = new float[images * 3 * cells];
        var line = new float[cells * 3];
        for (var n = 0; n < images; n++)
        {
            writer.Write(Interleaved(golden[$"image.{n}"]), placements[n], canvas, line);
            for (var i = 0; i < line.Length; i++)
            {
                pixels[(((n * 3) + (i % 3)) * cells) + (i / 3)] = line[i];
            }
        }

        var targets = Enumerable.Range(0, images).Select(n => Resized(entry, golden, n, placements[n])).ToArray();
        return new TransformedBatch(canvas, placements, pixels, targets);
    }

    private static Target Resized(GoldenEntry entry, Dictionary<string, GoldenTensor> golden, int image, ImagePlacement placement)
    {
        var boxes = golden[$"target.{image}.boxes"].F32.Chunk(4)
            .Select(b => placement.ToCanvas(new Box(b[0], b[1], b[2], b[3])))
            .SelectMany(b => new[] { b.X1, b.Y1, b.X2, b.Y2 })
            .ToArray();
        GoldenAssert.Close(entry, $"target_resized.{image}.boxes", golden[$"target_resized.{image}.boxes"].F32, boxes, 1e-6);
        return new Target(boxes, golden[$"target.{image}.labels"].I64.Select(l => (int)l).ToArray());
    }

    private static float[] Interleaved(GoldenTensor image)
    {
        var (planes, cells) = (image.F32, image.Shape[1] * image.Shape[2]);
        var values = new float[planes.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = planes[((i % 3) * cells) + (i / 3)];
        }

        return values;
    }
}
