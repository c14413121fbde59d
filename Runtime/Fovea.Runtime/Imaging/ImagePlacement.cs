namespace Fovea;

/// <summary>
/// Where an image lies on a canvas: a window of it (all of it but for crops), resized to <see cref="Width"/> × <see cref="Height"/> and
/// perhaps flipped,
/// in the canvas's left upper corner. Boxes go there and back by float32 ratios, as in torchvision.
/// </summary>
/// <remarks>Source: torchvision/models/detection/transform.py, resize_boxes.</remarks>
public readonly record struct ImagePlacement
{
    /// <summary>All of an image.</summary>
    /// <param name="sourceWidth">Of the image, in pixels.</param>
    /// <param name="sourceHeight">Of the image, in pixels.</param>
    /// <param name="width">Resized, in pixels.</param>
    /// <param name="height">Resized, in pixels.</param>
    public ImagePlacement(int sourceWidth, int sourceHeight, int width, int height)
    {
        (SourceWidth, SourceHeight, Width, Height) = (sourceWidth, sourceHeight, width, height);
        (WindowWidth, WindowHeight) = (sourceWidth, sourceHeight);
    }

    /// <summary>Of the image, in pixels.</summary>
    public int SourceWidth { get; }

    /// <summary>Of the image, in pixels.</summary>
    public int SourceHeight { get; }

    /// <summary>Resized, without padding, in pixels of the canvas.</summary>
    public int Width { get; }

    /// <summary>Resized, without padding, in pixels of the canvas.</summary>
    public int Height { get; }

    /// <summary>Left edge of the window, in pixels of the image.</summary>
    public float WindowX { get; init; }

    /// <summary>Upper edge of the window, in pixels of the image.</summary>
    public float WindowY { get; init; }

    /// <summary>Of the window, in pixels of the image.</summary>
    public float WindowWidth { get; init; }

    /// <summary>Of the window, in pixels of the image.</summary>
    public float WindowHeight { get; init; }

    /// <summary>Left and right exchanged.</summary>
    public bool FlipX { get; init; }

    /// <summary>Top and bottom exchanged.</summary>
    public bool FlipY { get; init; }

    /// <summary>Pixels of the canvas for one of the image.</summary>
    public float ScaleX => Width / WindowWidth;

    /// <summary>Pixels of the canvas for one of the image.</summary>
    public float ScaleY => Height / WindowHeight;

    /// <summary>A box of the image, on the canvas. With a crop it may reach over the edges.</summary>
    public Box ToCanvas(Box box)
    {
        var (x1, x2) = ((box.X1 - WindowX) * ScaleX, (box.X2 - WindowX) * ScaleX);
        var (y1, y2) = ((box.Y1 - WindowY) * ScaleY, (box.Y2 - WindowY) * ScaleY);
        (x1, x2) = FlipX ? (Width - x2, Width - x1) : (x1, x2);
        (y1, y2) = FlipY ? (Height - y2, Height - y1) : (y1, y2);
        return new Box(x1, y1, x2, y2);
    }

    /// <summary>A box of the canvas, in the image.</summary>
    public Box ToImage(Box box)
    {
        var (x1, x2) = FlipX ? (Width - box.X2, Width - box.X1) : (box.X1, box.X2);
        var (y1, y2) = FlipY ? (Height - box.Y2, Height - box.Y1) : (box.Y1, box.Y2);
        var (rx, ry) = (WindowWidth / Width, WindowHeight / Height);
        return new Box((x1 * rx) + WindowX, (y1 * ry) + WindowY, (x2 * rx) + WindowX, (y2 * ry) + WindowY);
    }
}
