namespace Fovea.App.Inspection;

/// <summary>Pictures as the network sees them: on the canvas, varied, with their boxes, side by side on one page.</summary>
internal static class SamplePage
{
    private const int Columns = 4;
    private const int MostSide = 480;
    private const int Gap = 4;

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
            for (var i = 0; i < batch.Count && cells.Count < most; i++)
            {
                cells.Add(Shrink(Cell(model, dataset.Classes, batch, i)));
            }

            if (cells.Count == most)
            {
                break;
            }
        }

        return Arrange(cells);
    }

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
                new Box(boxes[b * 4], boxes[(b * 4) + 1], boxes[(b * 4) + 2], boxes[(b * 4) + 3]), classes.Names[channels[b]] ?? "", null, channels[b]);
        }

        return DetectionDrawing.Draw(picture, drawn);
    }

    private static RgbImage Shrink(RgbImage picture)
    {
        var factor = (Math.Max(picture.Width, picture.Height) + MostSide - 1) / MostSide;
        if (factor <= 1)
        {
            return picture;
        }

        var small = new RgbImage(Math.Max(1, picture.Width / factor), Math.Max(1, picture.Height / factor));
        for (var y = 0; y < small.Height; y++)
        {
            for (var x = 0; x < small.Width; x++)
            {
                picture[Math.Min(x * factor, picture.Width - 1), Math.Min(y * factor, picture.Height - 1)].CopyTo(small[x, y]);
            }
        }

        return small;
    }

    private static RgbImage Arrange(List<RgbImage> cells)
    {
        var columns = Math.Min(Columns, cells.Count);
        var rows = (cells.Count + columns - 1) / columns;
        var (width, height) = (cells.Max(c => c.Width) + Gap, cells.Max(c => c.Height) + Gap);
        var page = new RgbImage((width * columns) - Gap, (height * rows) - Gap);
        Array.Fill(page.Pixels, (byte)255);
        for (var i = 0; i < cells.Count; i++)
        {
            var (left, top) = (i % columns * width, i / columns * height);
            for (var y = 0; y < cells[i].Height; y++)
            {
                cells[i].Row(y).CopyTo(page.Row(top + y)[(left * 3)..]);
            }
        }

        return page;
    }
}
