using Fovea.Drawing;
using Fovea.Imaging;

namespace Fovea.Tests.Data;

public class DetectionDrawingTests
{
    [Fact]
    public void A_box_is_outlined_in_its_class_colour_and_the_original_stays()
    {
        var image = new RgbImage(240, 240);
        var drawn = DetectionDrawing.Draw(image, [new DrawnBox(new Box(50, 60, 120, 140), "", null, 2)]);
        var (r, g, b) = DetectionDrawing.ColorOf(2);
        foreach (var (x, y) in new[] { (50, 60), (119, 60), (50, 139), (119, 139), (80, 60), (50, 100) })
        {
            Assert.Equal([r, g, b], drawn[x, y].ToArray());
        }

        Assert.Equal(2 * (70 + 78), CountColored(drawn));
        Assert.All(image.Pixels, p => Assert.Equal(0, p));
    }

    [Theory]
    [InlineData(0, 0, 40, 30)]
    [InlineData(200, 0, 240, 30)]
    [InlineData(0, 210, 40, 240)]
    [InlineData(205, 215, 240, 240)]
    [InlineData(0, 0, 240, 240)]
    [InlineData(-50, -50, 500, 500)]
    [InlineData(float.NaN, 0, float.PositiveInfinity, 9)]
    public void The_label_stays_inside_the_picture_wherever_the_box_is(float x1, float y1, float x2, float y2)
    {
        var box = new Box(x1, y1, x2, y2);
        var without = DetectionDrawing.Draw(new RgbImage(240, 240), [new DrawnBox(box, "", null, 3)]);
        var with = DetectionDrawing.Draw(new RgbImage(240, 240), [new DrawnBox(box, "traffic", 0.87f, 3)]);
        var white = 0;
        for (var i = 0; i < with.Pixels.Length; i += 3)
        {
            white += with.Pixels[i] == 255 && with.Pixels[i + 1] == 255 ? 1 : 0;
            white += with.Pixels[i] == 0 && with.Pixels[i + 1] == 0 && without.Pixels[i] != 0 ? 1 : 0;
        }

        // "traffic 87%" in full: every dot of every letter, whichever of black and white the colour asks for.
        var dots = "traffic 87%".Sum(c => Enumerable.Range(0, 40).Count(k => BitmapFont.IsSet(c, k % 5, k / 5)));
        Assert.True(dots > 100);
        var text = white + CountDark(with, without);
        Assert.True(text >= dots, $"expected at least {dots} dots of text, found {text}");
    }

    [Fact]
    public void Small_pictures_long_labels_and_unknown_letters_do_no_harm()
    {
        var drawn = DetectionDrawing.Draw(
            new RgbImage(20, 20), [new DrawnBox(new Box(2, 2, 18, 18), "a very long name of a class", 0.5f, -7)]);
        Assert.True(CountColored(drawn) > 50);
        DetectionDrawing.Draw(new RgbImage(1, 1), [new DrawnBox(new Box(0, 0, 1, 1), "x", 0.5f, 0)]);
        Assert.Equal("Gruser", BitmapFont.Simplify("Grüser"));
        Assert.True(BitmapFont.IsSet('漢', 0, 0));
    }

    [Fact]
    public void Every_printable_letter_has_a_glyph_of_its_own()
    {
        var glyphs = new HashSet<string>();
        for (var c = '!'; c <= '~'; c++)
        {
            var dots = string.Concat(Enumerable.Range(0, 40).Select(k => BitmapFont.IsSet(c, k % 5, k / 5) ? '#' : '.'));
            Assert.Contains('#', dots);
            Assert.True(glyphs.Add(dots), $"'{c}' looks like another letter");
        }

        Assert.DoesNotContain(Enumerable.Range(0, 40), k => BitmapFont.IsSet(' ', k % 5, k / 5));
    }

    [Fact]
    public void An_enlarged_picture_keeps_its_pixels_and_scales_the_boxes()
    {
        var image = ImageFileTests.Gradient(120, 100);
        var drawn = DetectionDrawing.Draw(image, [new DrawnBox(new Box(50, 60, 80, 90), "", null, 0)], enlarge: 3);
        Assert.Equal((360, 300), (drawn.Width, drawn.Height));
        Assert.Equal(image[10, 20].ToArray(), drawn[31, 62].ToArray());
        var (r, g, b) = DetectionDrawing.ColorOf(0);
        Assert.Equal([r, g, b], drawn[150, 180].ToArray());
        Assert.Equal([r, g, b], drawn[239, 269].ToArray());
    }

    private static int CountColored(RgbImage image)
    {
        var count = 0;
        for (var i = 0; i < image.Pixels.Length; i += 3)
        {
            count += (image.Pixels[i] | image.Pixels[i + 1] | image.Pixels[i + 2]) != 0 ? 1 : 0;
        }

        return count;
    }

    /// <summary>Black dots on the label's ground: pixels enclosed in it that are black.</summary>
    private static int CountDark(RgbImage with, RgbImage without)
    {
        int x1 = with.Width, y1 = with.Height, x2 = 0, y2 = 0;
        for (var y = 0; y < with.Height; y++)
        {
            for (var x = 0; x < with.Width; x++)
            {
                if (!with[x, y].SequenceEqual(without[x, y]))
                {
                    (x1, y1, x2, y2) = (Math.Min(x1, x), Math.Min(y1, y), Math.Max(x2, x + 1), Math.Max(y2, y + 1));
                }
            }
        }

        var dark = 0;
        for (var y = y1; y < y2; y++)
        {
            for (var x = x1; x < x2; x++)
            {
                dark += (with[x, y][0] | with[x, y][1] | with[x, y][2]) == 0 ? 1 : 0;
            }
        }

        return dark;
    }
}
