using Fovea.CompilerServices;
using Fovea.Imaging;
using Fovea.Model;
using Fovea;

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

    private static ImagePlacement Rescale(ImagePlacement fitted, CanvasSize limit, double scale, double shiftX, double shiftY)
    {
        var (width, height) = (Math.Max(1, (int)Math.Round(fitted.Width * scale)), Math.Max(1, (int)Math.Round(fitted.Height * scale)));
        var (shownWidth, shownHeight) = (Math.Min(width, limit.Width), Math.Min(height, limit.Height));
        var windowWidth = (double)fitted.SourceWidth * shownWidth / width;
        var windowHeight = (double)fitted.SourceHeight * shownHeight / height;
        return new ImagePlacement(fitted.SourceWidth, fitted.SourceHeight, shownWidth, shownHeight)
        {
            WindowX = (float)((fitted.SourceWidth - windowWidth) * shiftX),
            WindowY = (float)((fitted.SourceHeight - windowHeight) * shiftY),
            WindowWidth = (float)windowWidth,
            WindowHeight = (float)windowHeight,
        };
    }
}
