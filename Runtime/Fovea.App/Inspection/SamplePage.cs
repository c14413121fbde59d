using Fovea.App.Reports.Pictures;

namespace Fovea.App.Inspection;

/// <summary>Pictures as the network sees them: on the canvas, varied, with their boxes, side by side on one page.</summary>
internal static class SamplePage
{
    /// <summary>Makes a page of the first batches of an epoch.</summary>
    /// <param name="model">Canvas and normalisation.</param>
    /// <param name="dataset">The pictures.</param>
    /// <param name="options">How they are varied and ordered.</param>
    /// <param name="most">Pictures at the most.</param>
    public static RgbImage Draw<TClass>(ModelDescription model, DetectionDataset<TClass> dataset, LoaderOptions options, int most)
        where TClass : struct, Enum
    {
        var cells = new List<RgbImage>();
        using var loader = new DataLoader<TClass>(dataset, CanvasFitter.For(model), options);
        foreach (var batch in loader.Epoch(0))
        {
            cells.AddRange(Cells(model, dataset.Classes, batch, most - cells.Count));
            if (cells.Count == most)
            {
                break;
            }
        }

        return PicturePage.Arrange(cells);
    }

    /// <summary>A page for each of the first batches of an epoch.</summary>
    /// <param name="model">Canvas and normalisation.</param>
    /// <param name="dataset">The pictures.</param>
    /// <param name="options">How they are varied and ordered.</param>
    /// <param name="pages">Batches at the most.</param>
    public static IEnumerable<RgbImage> DrawBatches<TClass>(
        ModelDescription model, DetectionDataset<TClass> dataset, LoaderOptions options, int pages)
        where TClass : struct, Enum
    {
        using var loader = new DataLoader<TClass>(dataset, CanvasFitter.For(model), options);
        foreach (var batch in loader.Epoch(0).Take(pages))
        {
            yield return PicturePage.Arrange([.. Cells(model, dataset.Classes, batch, PicturePage.Most)]);
        }
    }

    private static IEnumerable<RgbImage> Cells<TClass>(ModelDescription model, ClassMap<TClass> classes, Batch batch, int most)
        where TClass : struct, Enum =>
        Enumerable.Range(0, Math.Min(most, batch.Count)).Select(i => Cell(model, classes, batch, i));

    private static RgbImage Cell<TClass>(ModelDescription model, ClassMap<TClass> classes, Batch batch, int image)
        where TClass : struct, Enum
    {
        var (width, height) = (batch.Canvas.Width, batch.Canvas.Height);
        var picture = new RgbImage(width, height);
        var values = batch.Pixels.Slice(image * width * height * 3, width * height * 3);
        for (var i = 0; i < values.Length; i++)
        {
            var c = i % 3;
            var value = ((values[i] * model.Pixels.Std[c]) + model.Pixels.Mean[c]) / model.Pixels.Scale;
            var target = model.Pixels.Bgr ? i + 2 - (2 * c) : i;
            picture.Pixels[target] = (byte)Math.Clamp(MathF.Round(value * 255), 0, 255);
        }

        var boxes = batch.BoxesOf(image);
        var channels = batch.ClassesOf(image);
        var drawn = new DrawnBox[channels.Length];
        for (var b = 0; b < drawn.Length; b++)
        {
            drawn[b] = new DrawnBox(
                new Box(boxes[b * 4], boxes[(b * 4) + 1], boxes[(b * 4) + 2], boxes[(b * 4) + 3]),
                classes.Names[channels[b]] ?? "", null, channels[b]);
        }

        return PicturePage.Cell(picture, drawn);
    }
}
