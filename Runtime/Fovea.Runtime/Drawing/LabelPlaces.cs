namespace Fovea.Drawing;

/// <summary>A rectangle of whole pixels.</summary>
internal readonly record struct PixelArea(int X, int Y, int Width, int Height)
{
    public int Right => X + Width;

    public int Bottom => Y + Height;

    /// <summary>In pixels.</summary>
    public long Size => (long)Width * Height;

    /// <summary>Pixels that both have.</summary>
    public long Common(in PixelArea other) =>
        Math.Max(0L, Math.Min(Right, other.Right) - Math.Max(X, other.X))
        * Math.Max(0L, Math.Min(Bottom, other.Bottom) - Math.Max(Y, other.Y));
}

/// <summary>
/// Finds places where labels hide nothing: no outline, no other label, and no object unless it is many times as large as the label.
/// </summary>
/// <param name="width">The picture's, in pixels.</param>
/// <param name="height">The picture's, in pixels.</param>
/// <param name="line">An outline's width, in pixels.</param>
internal sealed class LabelPlaces(int width, int height, int line)
{
    // A label takes a tenth of such an object at the most; what is seen of it stays enough.
    private const int LargeObject = 10;

    // Of two things that can be hidden, a text that covers another makes both unreadable.
    private const int OfLabel = 4;

    private readonly List<PixelArea> boxes = [];
    private readonly List<PixelArea> labels = [];

    /// <summary>An outlined object; all are named before the first label is placed.</summary>
    public void AddBox(in PixelArea box) => boxes.Add(box);

    /// <summary>The best place for a box's label: outside, above first; inside where the box reaches to the edge of the picture.</summary>
    /// <param name="box">What is labelled.</param>
    /// <param name="labelWidth">In pixels.</param>
    /// <param name="labelHeight">In pixels.</param>
    /// <param name="hides">Whether even this place hides something.</param>
    public PixelArea Find(in PixelArea box, int labelWidth, int labelHeight, out bool hides)
    {
        var best = new PixelArea(
            Math.Clamp(box.X, 0, Math.Max(0, width - labelWidth)), Math.Clamp(box.Y, 0, Math.Max(0, height - labelHeight)), labelWidth,
            labelHeight);
        var least = long.MaxValue;
        foreach (var place in Places(box, labelWidth, labelHeight))
        {
            if (place.Y < 0 || place.Bottom > height || place.X < 0 || place.Right > width)
            {
                continue;
            }

            var hidden = Hidden(place);
            if (hidden < least)
            {
                (best, least) = (place, hidden);
            }

            if (hidden == 0)
            {
                break;
            }
        }

        hides = least > 0;
        return best;
    }

    /// <summary>Keeps a place for a label that is drawn.</summary>
    public void Take(in PixelArea label) => labels.Add(label);

    /// <summary>In the order of preference.</summary>
    private PixelArea[] Places(in PixelArea box, int w, int h)
    {
        var left = Math.Clamp(box.X, 0, Math.Max(0, width - w));
        var right = Math.Clamp(box.Right - w, 0, Math.Max(0, width - w));
        var middle = Math.Clamp(box.X + ((box.Width - w) / 2), 0, Math.Max(0, width - w));
        return
        [
            new(left, box.Y - h, w, h), new(right, box.Y - h, w, h), new(left, box.Bottom, w, h), new(right, box.Bottom, w, h),
            new(middle, box.Y - h, w, h), new(middle, box.Bottom, w, h),
            new(box.Right, box.Y, w, h), new(box.X - w, box.Y, w, h),
            new(box.Right, box.Bottom - h, w, h), new(box.X - w, box.Bottom - h, w, h),
            new(box.Right, box.Y - h, w, h), new(box.X - w, box.Y - h, w, h),
            new(box.Right, box.Bottom, w, h), new(box.X - w, box.Bottom, w, h),
            new(box.X + line, box.Y + line, w, h), new(box.Right - line - w, box.Y + line, w, h),
            new(box.X + line, box.Bottom - line - h, w, h), new(box.Right - line - w, box.Bottom - line - h, w, h),
            new(left, box.Y - (2 * h), w, h), new(left, box.Bottom + h, w, h),
        ];
    }

    private long Hidden(in PixelArea place)
    {
        var hidden = 0L;
        foreach (var label in labels)
        {
            hidden += OfLabel * place.Common(label);
        }

        foreach (var box in boxes)
        {
            if (place.Common(box) == 0)
            {
                continue;
            }

            hidden += box.Size >= LargeObject * place.Size ? Outline(place, box) : place.Common(box);
        }

        return hidden;
    }

    /// <summary>Pixels of a box's outline: of all of it, without what is inside.</summary>
    private long Outline(in PixelArea place, in PixelArea box)
    {
        var inner = new PixelArea(box.X + line, box.Y + line, Math.Max(0, box.Width - (2 * line)), Math.Max(0, box.Height - (2 * line)));
        return place.Common(box) - place.Common(inner);
    }
}
