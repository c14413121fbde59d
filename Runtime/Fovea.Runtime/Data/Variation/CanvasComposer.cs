namespace Fovea.Data.Variation;

/// <summary>Mosaics and mixtures: canvases that several pictures share. One for each loader thread.</summary>
/// <param name="dataset">From which the others are drawn.</param>
/// <param name="load">Gives an image's pixels.</param>
/// <param name="augmentation">How often, and what is left out of cut pictures.</param>
/// <param name="pixels">The network's normalisation.</param>
internal sealed class CanvasComposer<TClass>(
    DetectionDataset<TClass> dataset, Func<int, RgbImage> load, Augmentation augmentation, PixelNormalization pixels)
    where TClass : struct, Enum
{
    private readonly CanvasPainter painter = new(pixels);

    /// <summary>Draws whether a showing shares its canvas.</summary>
    /// <param name="random">Of the showing.</param>
    public (bool Mosaic, bool MixUp) Draw(ref SeededRandom random) =>
        (random.NextBool(augmentation.Mosaic), random.NextBool(augmentation.MixUp));

    /// <summary>Paints a canvas.</summary>
    /// <param name="own">The showing's own picture, as it would lie there alone.</param>
    /// <param name="canvas">Its size.</param>
    /// <param name="mosaic">Whether it is cut into four.</param>
    /// <param name="mixUp">Whether another picture is laid over.</param>
    /// <param name="random">Of the showing.</param>
    /// <param name="objects">Takes what is shown, in pixels of the canvas.</param>
    public RgbImage Compose(
        in VariedImage own, CanvasSize canvas, bool mosaic, bool mixUp, ref SeededRandom random, List<LabeledBox<TClass>> objects)
    {
        var image = painter.Empty(canvas);
        if (mosaic)
        {
            PaintMosaic(image, own.Index, canvas, ref random, objects);
        }
        else
        {
            painter.Paint(image, QuarterTurn.Turn(load(own.Index), own.Quarters), own.Placement, 0, 0);
            objects.AddRange(own.ObjectsOf(dataset[own.Index].Objects, augmentation.MinVisible));
        }

        if (mixUp)
        {
            var other = painter.Empty(canvas);
            var share = 96 + random.NextInt32(65);
            PaintPart(
                other, random.NextInt32(dataset.Count), new Box(0, 0, canvas.Width, canvas.Height), canvas, scale: 1, ref random, objects);
            CanvasPainter.Mix(image, other, share);
        }

        return image;
    }

    /// <summary>A point of the canvas's middle divides it; each quarter shows a part of a picture.</summary>
    private void PaintMosaic(RgbImage image, int first, CanvasSize canvas, ref SeededRandom random, List<LabeledBox<TClass>> objects)
    {
        var x = (int)(canvas.Width * random.NextDouble(0.3, 0.7));
        var y = (int)(canvas.Height * random.NextDouble(0.3, 0.7));
        ReadOnlySpan<Box> quarters =
            [new(0, 0, x, y), new(x, 0, canvas.Width, y), new(0, y, x, canvas.Height), new(x, y, canvas.Width, canvas.Height)];
        for (var i = 0; i < quarters.Length; i++)
        {
            var index = i == 0 ? first : random.NextInt32(dataset.Count);
            PaintPart(image, index, quarters[i], canvas, random.NextDouble(0.5, 1), ref random, objects);
        }
    }

    /// <summary>Paints what of a picture an area holds, at a share of the scale at which the canvas would hold all of it.</summary>
    private void PaintPart(
        RgbImage image, int index, in Box area, CanvasSize canvas, double scale, ref SeededRandom random, List<LabeledBox<TClass>> objects)
    {
        var item = dataset[index];
        var fit = scale * Math.Min((double)canvas.Width / item.Width, (double)canvas.Height / item.Height);
        var (width, height) = (Math.Max(1, (int)Math.Round(item.Width * fit)), Math.Max(1, (int)Math.Round(item.Height * fit)));
        var (shownWidth, shownHeight) = (Math.Min(width, (int)area.Width), Math.Min(height, (int)area.Height));
        var (windowWidth, windowHeight) = ((double)item.Width * shownWidth / width, (double)item.Height * shownHeight / height);
        var placement = new ImagePlacement(item.Width, item.Height, shownWidth, shownHeight)
        {
            WindowX = (float)((item.Width - windowWidth) * random.NextDouble()),
            WindowY = (float)((item.Height - windowHeight) * random.NextDouble()),
            WindowWidth = (float)windowWidth,
            WindowHeight = (float)windowHeight,
            FlipX = random.NextBool(augmentation.HorizontalFlip),
            FlipY = random.NextBool(augmentation.VerticalFlip),
        };

        // Toward the mosaic's point, so that what is not painted is at the canvas's edge.
        var (left, top) = (area.X1 > 0 ? (int)area.X1 : (int)area.X2 - shownWidth, area.Y1 > 0 ? (int)area.Y1 : (int)area.Y2 - shownHeight);
        painter.Paint(image, load(index), placement, left, top);
        foreach (var o in new VariedImage(index, 0, placement, ColorTransform.Identity).ObjectsOf(item.Objects, augmentation.MinVisible))
        {
            objects.Add(o with { Box = new Box(o.Box.X1 + left, o.Box.Y1 + top, o.Box.X2 + left, o.Box.Y2 + top) });
        }
    }
}
