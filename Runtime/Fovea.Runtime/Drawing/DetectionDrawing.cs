using System.Globalization;
using Fovea.Drawing;
using Fovea.Imaging;

namespace Fovea;

/// <summary>A box to draw.</summary>
/// <param name="Box">In pixels of the picture.</param>
/// <param name="Label">Written beside it; empty for none.</param>
/// <param name="Score">Written as a percentage; null for none.</param>
/// <param name="ColorIndex">Boxes of the same number have the same colour: the class's channel.</param>
/// <param name="Dashed">A broken outline, for boxes that a person drew.</param>
public readonly record struct DrawnBox(Box Box, string Label, float? Score, int ColorIndex, bool Dashed = false);

/// <summary>Draws boxes with labels and scores into pictures. Needs no system font.</summary>
public static class DetectionDrawing
{
    // Twelve colours that stay apart on photographs (after Sasha Trubetskoy's list of distinct colours, 2017).
    private static readonly (byte R, byte G, byte B)[] Palette =
    [
        (230, 25, 75), (60, 180, 75), (0, 130, 200), (245, 130, 48), (145, 30, 180), (70, 240, 240),
        (240, 50, 230), (210, 245, 60), (250, 190, 212), (0, 128, 128), (255, 225, 25), (170, 110, 40),
    ];

    /// <summary>A copy of the picture with detections: a colour and a label for each class, the best on top.</summary>
    /// <param name="image">Stays as it is.</param>
    /// <param name="detections">In pixels of the picture.</param>
    /// <param name="enlarge">The copy's size as a multiple, so that labels in small pictures can be read.</param>
    public static RgbImage Draw<TClass>(RgbImage image, IEnumerable<Detection<TClass>> detections, int enlarge = 1)
        where TClass : struct, Enum
    {
        ArgumentNullException.ThrowIfNull(detections);
        var classes = ClassMap<TClass>.Instance;
        return Draw(
            image, detections.Select(d => new DrawnBox(d.Box, classes.NameOf(d.Class), d.Score, classes.ChannelOf(d.Class))), enlarge);
    }

    /// <summary>A copy of the picture with labelled boxes, as a person marked them: with broken outlines.</summary>
    /// <param name="image">Stays as it is.</param>
    /// <param name="objects">In pixels of the picture.</param>
    /// <param name="enlarge">The copy's size as a multiple.</param>
    public static RgbImage Draw<TClass>(RgbImage image, IEnumerable<LabeledBox<TClass>> objects, int enlarge = 1)
        where TClass : struct, Enum
    {
        ArgumentNullException.ThrowIfNull(objects);
        var classes = ClassMap<TClass>.Instance;
        return Draw(
            image, objects.Select(o => new DrawnBox(o.Box, classes.NameOf(o.Class), null, classes.ChannelOf(o.Class), Dashed: true)),
            enlarge);
    }

    /// <summary>A copy of the picture with boxes, the best on top.</summary>
    /// <param name="image">Stays as it is.</param>
    /// <param name="boxes">In pixels of the picture.</param>
    /// <param name="enlarge">The copy's size as a multiple, so that labels in small pictures can be read.</param>
    public static RgbImage Draw(RgbImage image, IEnumerable<DrawnBox> boxes, int enlarge = 1) =>
        Draw(image, boxes, enlarge, leaveOut: false);

    /// <summary>The same.</summary>
    /// <param name="image">Stays as it is.</param>
    /// <param name="boxes">In pixels of the picture.</param>
    /// <param name="enlarge">The copy's size as a multiple.</param>
    /// <param name="leaveOut">
    /// Whether a label that would hide an outline, an object or another label is left out; the colour then tells the class. Else it is
    /// drawn where it hides least.
    /// </param>
    internal static RgbImage Draw(RgbImage image, IEnumerable<DrawnBox> boxes, int enlarge, bool leaveOut)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(boxes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(enlarge);
        var drawing = new Drawing(enlarge == 1 ? image.Clone() : Enlarge(image, enlarge));
        var ordered = boxes.OrderBy(b => b.Score ?? float.MaxValue).ToArray();
        foreach (var b in ordered)
        {
            drawing.Outline(Scale(b.Box, enlarge), ColorOf(b.ColorIndex), b.Dashed);
        }

        foreach (var b in ordered.Reverse())
        {
            drawing.Label(Scale(b.Box, enlarge), TextOf(b), ColorOf(b.ColorIndex), leaveOut);
        }

        return drawing.Image;
    }

    /// <summary>The colour of a number; the same for ever.</summary>
    public static (byte R, byte G, byte B) ColorOf(int index) => Palette[(int)((uint)index % (uint)Palette.Length)];

    private static string TextOf(DrawnBox box)
    {
        var label = BitmapFont.Simplify(box.Label ?? "");
        var score = box.Score is { } s ? string.Create(CultureInfo.InvariantCulture, $"{Math.Clamp(s, 0, 1) * 100:0}%") : "";
        return label.Length > 0 && score.Length > 0 ? $"{label} {score}" : label + score;
    }

    private static Box Scale(Box box, int factor) => new(box.X1 * factor, box.Y1 * factor, box.X2 * factor, box.Y2 * factor);

    private static RgbImage Enlarge(RgbImage image, int factor)
    {
        var result = new RgbImage(checked(image.Width * factor), checked(image.Height * factor));
        for (var y = 0; y < result.Height; y++)
        {
            var source = image.Row(y / factor);
            var target = result.Row(y);
            for (var x = 0; x < result.Width; x++)
            {
                source.Slice(x / factor * 3, 3).CopyTo(target[(x * 3)..]);
            }
        }

        return result;
    }

    private static readonly (byte R, byte G, byte B) Black = (0, 0, 0);
    private static readonly (byte R, byte G, byte B) White = (255, 255, 255);

    /// <summary>A picture being drawn into; line width and letters grow with it.</summary>
    private sealed class Drawing(RgbImage image)
    {
        private readonly int thickness = Line(image);
        private readonly int dot = Math.Max(1, (int)Math.Round(Math.Min(image.Width, image.Height) / 300.0));
        private readonly LabelPlaces places = new(image.Width, image.Height, Line(image));

        public RgbImage Image => image;

        public void Outline(Box box, (byte R, byte G, byte B) color, bool dashed)
        {
            var area = AreaOf(box);
            places.AddBox(area);
            var (x1, y1, x2, y2) = (area.X, area.Y, area.Right, area.Bottom);
            var dash = dashed ? 3 * thickness : 0;
            Fill(x1, y1, x2 - x1, thickness, color, dash);
            Fill(x1, y2 - thickness, x2 - x1, thickness, color, dash);
            Fill(x1, y1, thickness, y2 - y1, color, dash);
            Fill(x2 - thickness, y1, thickness, y2 - y1, color, dash);
        }

        public void Label(Box box, string text, (byte R, byte G, byte B) color, bool leaveOut)
        {
            var room = Math.Max(0, (((image.Width / dot) - 2 + 1) / (BitmapFont.Width + 1)));
            if (text.Length == 0 || room == 0)
            {
                return;
            }

            text = text.Length <= room ? text : text[..room];
            var place = places.Find(
                AreaOf(box), (BitmapFont.WidthOf(text) + 2) * dot, (BitmapFont.Height + 2) * dot, out var hides);
            if (hides && leaveOut)
            {
                return;
            }

            places.Take(place);
            Fill(place.X, place.Y, place.Width, place.Height, color, 0);
            Write(text, place.X + dot, place.Y + dot, IsBright(color) ? Black : White);
        }

        private static int Line(RgbImage image) => Math.Max(1, (int)Math.Round(Math.Min(image.Width, image.Height) / 240.0));

        /// <summary>At least a pixel wide and high, inside the picture.</summary>
        private PixelArea AreaOf(Box box)
        {
            var (x1, y1) = (ToPixel(box.X1, image.Width), ToPixel(box.Y1, image.Height));
            return new PixelArea(
                x1, y1, Math.Max(1, ToPixel(box.X2, image.Width) - x1), Math.Max(1, ToPixel(box.Y2, image.Height) - y1));
        }

        private void Write(string text, int x, int y, (byte R, byte G, byte B) color)
        {
            for (var i = 0; i < text.Length; i++, x += (BitmapFont.Width + 1) * dot)
            {
                for (var column = 0; column < BitmapFont.Width; column++)
                {
                    for (var row = 0; row < BitmapFont.Height; row++)
                    {
                        if (BitmapFont.IsSet(text[i], column, row))
                        {
                            Fill(x + (column * dot), y + (row * dot), dot, dot, color, 0);
                        }
                    }
                }
            }
        }

        private void Fill(int x, int y, int width, int height, (byte R, byte G, byte B) color, int dash)
        {
            var (x1, y1, x2, y2) = (Math.Max(0, x), Math.Max(0, y), Math.Min(image.Width, x + width), Math.Min(image.Height, y + height));
            for (var row = y1; row < y2; row++)
            {
                var pixels = image.Row(row);
                for (var column = x1; column < x2; column++)
                {
                    if (dash == 0 || (((column - x) + (row - y)) / dash % 2) == 0)
                    {
                        (pixels[column * 3], pixels[(column * 3) + 1], pixels[(column * 3) + 2]) = color;
                    }
                }
            }
        }

        // NaN and infinities end at an edge, so that a wrong box can be seen instead of failing the picture.
        private static int ToPixel(float value, int size) => float.IsNaN(value) ? 0 : (int)Math.Clamp(MathF.Round(value), 0, size);

        private static bool IsBright((byte R, byte G, byte B) color) => (0.299 * color.R) + (0.587 * color.G) + (0.114 * color.B) > 140;
    }
}
