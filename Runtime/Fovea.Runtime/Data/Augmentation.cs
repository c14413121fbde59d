namespace Fovea;

/// <summary>How training images are varied. What an image draws depends on seed, epoch and its number alone.</summary>
public sealed record Augmentation
{
    /// <summary>Nothing is varied.</summary>
    public static Augmentation None { get; } = new() { HorizontalFlip = 0 };

    /// <summary>Left and right exchanged only, as torchvision's reference training does.</summary>
    public static Augmentation Default { get; } = new();

    /// <summary>Probability that left and right are exchanged, 0 … 1.</summary>
    public double HorizontalFlip { get; init; } = 0.5;

    /// <summary>Probability that top and bottom are exchanged, 0 … 1; for pictures without an upright direction (cells, aerial
    /// photographs).</summary>
    public double VerticalFlip { get; init; }

    /// <summary>
    /// Least factor on the fitted size, greater than 0. A smaller image leaves more padding; from a larger one a random part is cut that
    /// fits the canvas
    /// (large-scale jitter, arXiv:2012.07177).
    /// </summary>
    public double MinScale { get; init; } = 1;

    /// <summary>Greatest factor on the fitted size.</summary>
    public double MaxScale { get; init; } = 1;

    /// <summary>Share of a box's area that must remain in a cut image, 0 … 1; boxes with less are left out.</summary>
    public double MinVisible { get; init; } = 0.3;

    /// <summary>Greatest change of the brightness factor from 1.</summary>
    public double Brightness { get; init; }

    /// <summary>Greatest change of the contrast factor from 1.</summary>
    public double Contrast { get; init; }

    /// <summary>Greatest change of the saturation factor from 1.</summary>
    public double Saturation { get; init; }

    /// <summary>
    /// Probability that a picture is turned by a quarter, a half or three quarters, 0 … 1; for pictures without an upright direction.
    /// </summary>
    public double Rotate90 { get; init; }

    /// <summary>Probability that a part of the picture is shown in place of all of it, 0 … 1. A part shows the centre of at least one
    /// object.</summary>
    public double Crop { get; init; }

    /// <summary>Least share of width and of height that a crop shows, greater than 0, at most 1.</summary>
    public double MinCrop { get; init; } = 0.4;

    /// <summary>
    /// Greatest change of a batch's canvas from its usual size, as a share: at 0.25 its sides are 0.75 to 1.25 times as long, in
    /// multiples of
    /// 32 pixels. Memory is that of the largest canvas.
    /// </summary>
    public double MultiScale { get; init; }

    /// <summary>
    /// Probability that parts of four pictures share a canvas, 0 … 1: many small objects in new surroundings. Wrong where the whole picture
    /// says what a thing is. Source: YOLOv4, arXiv:2004.10934.
    /// </summary>
    public double Mosaic { get; init; }

    /// <summary>
    /// Probability that another picture is laid over, both half transparent, with the objects of both, 0 … 1. For data sets that are
    /// learned by
    /// heart; wrong where details decide. Source: arXiv:1902.04103.
    /// </summary>
    public double MixUp { get; init; }

    /// <summary>Pictures that a canvas can show at the most.</summary>
    internal int MostSources => (Mosaic > 0 ? 4 : 1) + (MixUp > 0 ? 1 : 0);

    /// <summary>Draws how one image is varied.</summary>
    internal (ImagePlacement Placement, ColorTransform Color) Draw(ImagePlacement fitted, CanvasSize limit, ref SeededRandom random)
    {
        // Always the same number of draws, so that switching one variation on leaves the others as they were.
        var flipX = random.NextBool(HorizontalFlip);
        var flipY = random.NextBool(VerticalFlip);
        var scale = random.NextDouble(MinScale, MaxScale);
        var (shiftX, shiftY) = (random.NextDouble(), random.NextDouble());
        var color = ColorTransform.Create(Factor(Brightness, ref random), Factor(Contrast, ref random), Factor(Saturation, ref random));
        var placement = scale == 1 ? fitted : Rescale(fitted, limit, scale, shiftX, shiftY);
        return (placement with { FlipX = flipX, FlipY = flipY }, color);
    }

    internal void Check()
    {
        CheckRange(HorizontalFlip, 0, 1, nameof(HorizontalFlip));
        CheckRange(VerticalFlip, 0, 1, nameof(VerticalFlip));
        CheckRange(MinScale, 0.01, MaxScale, nameof(MinScale));
        CheckRange(MaxScale, MinScale, 100, nameof(MaxScale));
        CheckRange(MinVisible, 0, 1, nameof(MinVisible));
        CheckRange(Rotate90, 0, 1, nameof(Rotate90));
        CheckRange(Crop, 0, 1, nameof(Crop));
        CheckRange(MinCrop, 0.05, 1, nameof(MinCrop));
        CheckRange(MultiScale, 0, 0.9, nameof(MultiScale));
        CheckRange(Mosaic, 0, 1, nameof(Mosaic));
        CheckRange(MixUp, 0, 1, nameof(MixUp));
        CheckRange(Brightness, 0, 1, nameof(Brightness));
        CheckRange(Contrast, 0, 1, nameof(Contrast));
        CheckRange(Saturation, 0, 1, nameof(Saturation));
    }

    private static void CheckRange(double value, double low, double high, string name)
    {
        if (!(value >= low && value <= high))
        {
            throw new ArgumentOutOfRangeException(name, value, $"Augmentation.{name}: expected {low} … {high}, found {value}.");
        }
    }

    private static float Factor(double range, ref SeededRandom random)
    {
        var draw = random.NextDouble(-1, 1);
        return range == 0 ? 1 : (float)(1 + (range * draw));
    }

    /// <summary>A window of what is fitted, at another scale: all of it on less of the canvas, or a part of it at a random place.</summary>
    private static ImagePlacement Rescale(ImagePlacement fitted, CanvasSize limit, double scale, double shiftX, double shiftY)
    {
        var (width, height) = (Math.Max(1, (int)Math.Round(fitted.Width * scale)), Math.Max(1, (int)Math.Round(fitted.Height * scale)));
        var (shownWidth, shownHeight) = (Math.Min(width, limit.Width), Math.Min(height, limit.Height));
        var windowWidth = (double)fitted.WindowWidth * shownWidth / width;
        var windowHeight = (double)fitted.WindowHeight * shownHeight / height;
        return new ImagePlacement(fitted.SourceWidth, fitted.SourceHeight, shownWidth, shownHeight)
        {
            WindowX = (float)(fitted.WindowX + ((fitted.WindowWidth - windowWidth) * shiftX)),
            WindowY = (float)(fitted.WindowY + ((fitted.WindowHeight - windowHeight) * shiftY)),
            WindowWidth = (float)windowWidth,
            WindowHeight = (float)windowHeight,
        };
    }
}
