namespace Fovea;

/// <summary>
/// Decides how large an image becomes and on which canvas. With <c>[Resize]</c> as torchvision does: the shorter side becomes Min unless
/// the longer would pass Max, and the canvas is the batch's maximum, rounded up to a multiple of 32. With <c>[InputSize]</c> the image
/// fills the declared canvas of the nearest aspect ratio as far as its own ratio allows (letterbox). Padding is on the right and below, so
/// that the canvas's origin is the image's.
/// </summary>
/// <remarks>Source: torchvision/models/detection/transform.py, GeneralizedRCNNTransform.</remarks>
public sealed class CanvasFitter
{
    private readonly CanvasSize[] canvases;
    private readonly int multiple;

    /// <param name="pixels">How pixels become inputs.</param>
    /// <param name="canvases">Fixed canvases; not used where <paramref name="resize"/> is given.</param>
    /// <param name="resize">torchvision's variable canvas, or null.</param>
    /// <param name="multiple">A variable canvas's sides are multiples of this.</param>
    public CanvasFitter(PixelNormalization pixels, IReadOnlyList<CanvasSize> canvases, ResizeInfo? resize, int multiple = 32)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentNullException.ThrowIfNull(canvases);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(multiple);
        if (resize is null && canvases.Count == 0)
        {
            throw new ArgumentException("Expected a fixed canvas or a resize rule, found neither.", nameof(canvases));
        }

        Pixels = pixels;
        Resize = resize;
        this.canvases = [.. canvases];
        this.multiple = multiple;
    }

    /// <summary>How pixels become inputs.</summary>
    public PixelNormalization Pixels { get; }

    /// <summary>torchvision's variable canvas, or null where canvases are fixed.</summary>
    public ResizeInfo? Resize { get; }

    /// <summary>The size of a picture that is neither enlarged nor shrunk: the largest fixed canvas, or a square of the shorter side.</summary>
    internal CanvasSize NativeSize => Resize is { } resize
        ? new CanvasSize(resize.Min, resize.Min)
        : canvases.MaxBy(c => (long)c.Width * c.Height);

    /// <summary>What a detector declares.</summary>
    public static CanvasFitter For(ModelDescription description)
    {
        ArgumentNullException.ThrowIfNull(description);
        return new CanvasFitter(description.Pixels, description.InputSizes, description.Resize);
    }

    /// <summary>The resized size by torchvision's rule.</summary>
    /// <param name="width">Of the image, in pixels.</param>
    /// <param name="height">Of the image, in pixels.</param>
    /// <param name="resize">Sides and arithmetic.</param>
    public static (int Width, int Height) ResizedSize(int width, int height, ResizeInfo resize)
    {
        ArgumentNullException.ThrowIfNull(resize);
        var (shorter, longer) = (Math.Min(width, height), Math.Max(width, height));

        // 0.14 evaluates python_float / tensor as tensor.reciprocal() · float, in float32; later versions divide doubles.
        double scale = resize.Rule == ResizeRule.TorchVision014
            ? Math.Min(1f / shorter * resize.Min, 1f / longer * resize.Max)
            : Math.Min((double)resize.Min / shorter, (double)resize.Max / longer);
        return (Math.Max(1, (int)Math.Floor(width * scale)), Math.Max(1, (int)Math.Floor(height * scale)));
    }

    /// <summary>The canvas that an image of this size goes on when it is alone.</summary>
    public CanvasSize CanvasFor(int width, int height)
    {
        if (Resize is { } resize)
        {
            var (w, h) = ResizedSize(width, height, resize);
            return new CanvasSize(RoundUp(w), RoundUp(h));
        }

        var best = canvases[0];
        foreach (var canvas in canvases)
        {
            best = IsBetter(canvas, best, width, height) ? canvas : best;
        }

        return best;
    }

    /// <summary>The canvas that holds all of these: their maximum rounded up, or the largest of their fixed canvases.</summary>
    public CanvasSize CanvasFor(ReadOnlySpan<ImagePlacement> images)
    {
        var (width, height) = (0, 0);
        foreach (var image in images)
        {
            var own = Resize is null
                ? CanvasFor(image.SourceWidth, image.SourceHeight)
                : new CanvasSize(RoundUp(image.Width), RoundUp(image.Height));
            (width, height) = (Math.Max(width, own.Width), Math.Max(height, own.Height));
        }

        return new CanvasSize(width, height);
    }

    /// <summary>How an image of this size lies on its canvas.</summary>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    public ImagePlacement Place(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        var (w, h) = Resize is { } resize ? ResizedSize(width, height, resize) : Letterbox(width, height, CanvasFor(width, height));
        return new ImagePlacement(width, height, w, h);
    }

    /// <summary>
    /// The same with sides of another length: fixed canvases in multiples of what their sides must be multiples of, a variable one by its
    /// rule.
    /// </summary>
    /// <param name="factor">1 leaves them as they are.</param>
    internal CanvasFitter Scaled(double factor)
    {
        int Snap(int side) => Math.Max(multiple, (int)Math.Round(side * factor / multiple) * multiple);
        int Round(int side) => Math.Max(1, (int)Math.Round(side * factor));
        return factor == 1 ? this : new CanvasFitter(
            Pixels, Array.ConvertAll(canvases, c => new CanvasSize(Snap(c.Width), Snap(c.Height))),
            Resize is { } resize ? resize with { Min = Round(resize.Min), Max = Round(resize.Max) } : null, multiple);
    }

    /// <summary>How a window of an image lies on a canvas: as large as it holds, or as the rule of a variable canvas says.</summary>
    internal ImagePlacement PlaceWindow(int sourceWidth, int sourceHeight, in Box window, CanvasSize canvas)
    {
        var (width, height) = (Math.Max(1, (int)Math.Round(window.Width)), Math.Max(1, (int)Math.Round(window.Height)));
        var (w, h) = Resize is { } resize ? ResizedSize(width, height, resize) : Letterbox(width, height, canvas);
        return new ImagePlacement(sourceWidth, sourceHeight, w, h)
        {
            WindowX = window.X1,
            WindowY = window.Y1,
            WindowWidth = window.Width,
            WindowHeight = window.Height,
        };
    }

    /// <summary>Images of the same group can share a batch: the same fixed canvas, or (variable canvases) the same of landscape and
    /// portrait, which wastes little padding.</summary>
    public int GroupOf(int width, int height) => Resize is null
        ? Array.IndexOf(canvases, CanvasFor(width, height))
        : height > width ? 1 : 0;

    /// <summary>The largest size of the image's aspect ratio that the canvas holds.</summary>
    private static (int Width, int Height) Letterbox(int width, int height, CanvasSize canvas)
    {
        var scale = Math.Min((double)canvas.Width / width, (double)canvas.Height / height);
        return (Math.Clamp((int)Math.Round(width * scale), 1, canvas.Width), Math.Clamp((int)Math.Round(height * scale), 1, canvas.Height));
    }

    /// <summary>The nearer aspect ratio; at equal ratios the smallest canvas that does not shrink the image, else the largest.</summary>
    private static bool IsBetter(CanvasSize candidate, CanvasSize best, int width, int height)
    {
        var (a, b) = (RatioDistance(candidate, width, height), RatioDistance(best, width, height));
        if (Math.Abs(a - b) > 1e-9)
        {
            return a < b;
        }

        var (holdsCandidate, holdsBest) = (Holds(candidate, width, height), Holds(best, width, height));
        if (holdsCandidate != holdsBest)
        {
            return holdsCandidate;
        }

        var (area, bestArea) = ((long)candidate.Width * candidate.Height, (long)best.Width * best.Height);
        return holdsBest ? area < bestArea : area > bestArea;
    }

    private static double RatioDistance(CanvasSize canvas, int width, int height) =>
        Math.Abs(Math.Log((double)canvas.Width * height / ((double)canvas.Height * width)));

    private static bool Holds(CanvasSize canvas, int width, int height) => canvas.Width >= width && canvas.Height >= height;

    private int RoundUp(int size) => (size + multiple - 1) / multiple * multiple;
}
