using Fovea.Drawing;
using FsCheck.Xunit;

namespace Fovea.Tests.App.Reports;

public class LabelPlacesTests
{
    [Property(MaxTest = 300)]
    public void A_label_that_stays_hides_no_outline_no_label_and_no_small_object(int seed)
    {
        const int Width = 300;
        const int Height = 200;
        const int Line = 2;
        var random = new Random(seed);
        var places = new LabelPlaces(Width, Height, Line);
        var boxes = Enumerable.Range(0, random.Next(1, 25)).Select(_ =>
        {
            var (w, h) = (random.Next(4, 160), random.Next(4, 120));
            return new PixelArea(random.Next(0, Width - w), random.Next(0, Height - h), w, h);
        }).ToArray();
        Array.ForEach(boxes, b => places.AddBox(b));
        var drawn = new List<PixelArea>();
        foreach (var box in boxes)
        {
            var place = places.Find(box, random.Next(8, 70), 10, out var hides);
            if (hides)
            {
                continue;
            }

            Assert.True(place is { X: >= 0, Y: >= 0, Right: <= Width, Bottom: <= Height }, $"{place} is outside");
            Assert.All(drawn, other => Assert.Equal(0, place.Common(other)));
            foreach (var other in boxes.Where(b => place.Common(b) > 0))
            {
                Assert.True(other.Size >= 10 * place.Size, $"{place} hides {other}");
                var inner = new PixelArea(other.X + Line, other.Y + Line, other.Width - (2 * Line), other.Height - (2 * Line));
                Assert.True(inner.Common(place) == other.Common(place), $"{place} hides the outline of {other}");
            }

            places.Take(place);
            drawn.Add(place);
        }
    }

    [Fact]
    public void A_box_by_itself_is_labelled_above_and_one_at_the_edge_below()
    {
        var places = new LabelPlaces(200, 200, 1);
        var (inside, above) = (new PixelArea(50, 60, 40, 40), new PixelArea(120, 2, 40, 40));
        places.AddBox(inside);
        places.AddBox(above);
        Assert.Equal(new PixelArea(50, 50, 30, 10), places.Find(inside, 30, 10, out var hides));
        Assert.False(hides);
        Assert.Equal(new PixelArea(120, 42, 30, 10), places.Find(above, 30, 10, out _));
    }

    [Fact]
    public void In_a_crowd_what_would_hide_something_is_left_out_where_that_is_asked()
    {
        var image = new RgbImage(120, 120);
        var boxes = Enumerable.Range(0, 100).Select(i => (X: i % 10 * 12, Y: i / 10 * 12))
            .Select(p => new DrawnBox(new Box(p.X, p.Y, p.X + 11, p.Y + 11), "crowded", 0.5f, 0));
        var outlines = DetectionDrawing.Draw(image, boxes.Select(b => b with { Label = "", Score = null }));
        Assert.Equal(outlines.Pixels, DetectionDrawing.Draw(image, boxes, 1, leaveOut: true).Pixels);
        Assert.NotEqual(outlines.Pixels, DetectionDrawing.Draw(image, boxes).Pixels);
    }
}
