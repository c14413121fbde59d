using Fovea.CompilerServices;
using Fovea.Imaging;

namespace Fovea.Tests.Data;

public class CanvasTests
{
    private static readonly PixelNormalization Pixels = new([0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f], false, 1);

    [Theory]
    [InlineData(640, 427, ResizeRule.TorchVision014, 1199, 799)]
    [InlineData(640, 427, ResizeRule.TorchVision, 1199, 800)]
    [InlineData(500, 375, ResizeRule.TorchVision014, 1066, 799)]
    [InlineData(640, 480, ResizeRule.TorchVision014, 1066, 800)]
    [InlineData(1920, 1080, ResizeRule.TorchVision014, 1333, 749)]
    public void The_two_resize_rules_give_their_own_sizes(int width, int height, ResizeRule rule, int newWidth, int newHeight) =>
        Assert.Equal((newWidth, newHeight), CanvasFitter.ResizedSize(width, height, new ResizeInfo(800, 1333, rule)));

    [Theory]
    [InlineData(1280, 960, 640, 480, 640, 480)]
    [InlineData(100, 100, 640, 480, 480, 480)]
    [InlineData(480, 640, 480, 640, 480, 640)]
    [InlineData(1, 2000, 480, 640, 1, 640)]
    [InlineData(641, 480, 640, 480, 640, 479)]
    public void An_image_fills_the_fixed_canvas_of_the_nearest_aspect_ratio(
        int width, int height, int canvasWidth, int canvasHeight, int newWidth, int newHeight)
    {
        var fitter = new CanvasFitter(Pixels, [new CanvasSize(640, 480), new CanvasSize(480, 640)], null);
        var place = fitter.Place(width, height);
        Assert.Equal(new CanvasSize(canvasWidth, canvasHeight), fitter.CanvasFor(width, height));
        Assert.Equal((newWidth, newHeight), (place.Width, place.Height));
    }

    [Theory]
    [InlineData(100, 100, 128)]
    [InlineData(200, 200, 256)]
    [InlineData(256, 256, 256)]
    [InlineData(900, 900, 512)]
    public void Of_canvases_with_one_ratio_the_smallest_that_does_not_shrink_is_taken(int width, int height, int side)
    {
        CanvasSize[] sizes = [new(256, 256), new(512, 512), new(128, 128)];
        Assert.Equal(new CanvasSize(side, side), new CanvasFitter(Pixels, sizes, null).CanvasFor(width, height));
        Array.Reverse(sizes);
        Assert.Equal(new CanvasSize(side, side), new CanvasFitter(Pixels, sizes, null).CanvasFor(width, height));
    }

    [Fact]
    public void Pixels_are_those_of_a_plain_double_implementation()
    {
        var random = new SeededRandom(11);
        for (var round = 0; round < 40; round++)
        {
            var (w, h) = (1 + random.NextInt32(30), 1 + random.NextInt32(30));
            var image = new RgbImage(w, h);
            foreach (ref var p in image.Pixels.AsSpan())
            {
                p = (byte)random.NextInt32(256);
            }

            var place = new ImagePlacement(w, h, 1 + random.NextInt32(40), 1 + random.NextInt32(40))
            {
                FlipX = random.NextBool(),
                FlipY = random.NextBool(),
            };
            if (random.NextBool())
            {
                place = place with { WindowX = w * 0.2f, WindowY = h * 0.1f, WindowWidth = w * 0.6f, WindowHeight = h * 0.85f };
            }

            var pixels = new PixelNormalization([10, 20, 30], [2, 3, 4], random.NextBool(), random.NextBool() ? 255 : 1);
            var color = random.NextBool() ? ColorTransform.Create(1.2f, 0.8f, 0.5f) : ColorTransform.Identity;
            var canvas = new CanvasSize(place.Width + random.NextInt32(3), place.Height + random.NextInt32(3));
            var actual = new float[canvas.Width * canvas.Height * 3];
            actual.AsSpan().Fill(float.NaN);
            new CanvasWriter(pixels).Write(image.Pixels, place, canvas, actual, color);
            var expected = Reference(image, place, canvas, pixels, color);
            for (var i = 0; i < expected.Length; i++)
            {
                Assert.True(
                    Math.Abs(expected[i] - actual[i]) <= 2e-4,
                    $"round {round} [{i}]: expected {expected[i]:R}, actual {actual[i]:R}, tolerance 2e-4");
            }
        }
    }

    [Fact]
    public void Half_saturation_halves_the_distance_to_gray()
    {
        var image = new RgbImage(1, 1, [200, 100, 50]);
        var target = new float[3];
        new CanvasWriter(new PixelNormalization([0, 0, 0], [1, 1, 1], false, 255))
            .Write(image.Pixels, new ImagePlacement(1, 1, 1, 1), new CanvasSize(1, 1), target, ColorTransform.Create(1, 1, 0.5f));
        var gray = (0.299f * 200) + (0.587f * 100) + (0.114f * 50);
        Assert.Equal((gray + 200) / 2, target[0], 1e-3);
        Assert.Equal((gray + 50) / 2, target[2], 1e-3);
    }

    [Fact]
    public void Boxes_go_to_the_canvas_and_back()
    {
        var place = new ImagePlacement(400, 300, 200, 180) with { FlipX = true, FlipY = true };
        place = place with { WindowX = 50, WindowY = 20, WindowWidth = 300, WindowHeight = 250 };
        var box = new Box(80, 40, 200, 90);
        var back = place.ToImage(place.ToCanvas(box));
        foreach (var (e, a) in new[] { (box.X1, back.X1), (box.Y1, back.Y1), (box.X2, back.X2), (box.Y2, back.Y2) })
        {
            Assert.Equal(e, a, 1e-3);
        }

        var flipped = new ImagePlacement(20, 18, 200, 180) { FlipX = true, FlipY = true };
        Assert.Equal(new Box(190, 170, 200, 180), flipped.ToCanvas(new Box(0, 0, 1, 1)));
    }

    [Fact]
    public void Writing_allocates_nothing_once_the_buffers_are_there()
    {
        var image = ImageFileTests.Gradient(160, 120);
        var (place, canvas) = (new ImagePlacement(160, 120, 200, 150), new CanvasSize(224, 160));
        var target = new float[canvas.Width * canvas.Height * 3];
        var writer = new CanvasWriter(Pixels);
        Allocations.AssertNone("writing", () => writer.Write(image.Pixels, place, canvas, target));
    }

    [Fact]
    public void Sizes_that_do_not_fit_are_named()
    {
        var writer = new CanvasWriter(Pixels);
        var error = Assert.Throws<ArgumentException>(
            () => writer.Write(new byte[11], new ImagePlacement(2, 2, 2, 2), new CanvasSize(2, 2), new float[12]));
        Assert.Contains("take 12 bytes, found 11", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<ArgumentException>(
            () => writer.Write(new byte[12], new ImagePlacement(2, 2, 3, 2), new CanvasSize(2, 2), new float[12]));
        Assert.Contains("3×2 does not fit a canvas of 2×2", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The definition, value by value in doubles: colour, normalisation, then bilinear sampling, then padding.</summary>
    private static double[] Reference(
        RgbImage image, ImagePlacement place, CanvasSize canvas, PixelNormalization pixels, ColorTransform color)
    {
        var result = new double[canvas.Width * canvas.Height * 3];
        for (var y = 0; y < place.Height; y++)
        {
            for (var x = 0; x < place.Width; x++)
            {
                var sx = Source(place.FlipX ? place.Width - 1 - x : x, place.WindowX, place.WindowWidth, place.Width, place.SourceWidth);
                var sy = Source(
                    place.FlipY ? place.Height - 1 - y : y, place.WindowY, place.WindowHeight, place.Height, place.SourceHeight);
                var (x0, y0) = ((int)sx, (int)sy);
                var (x1, y1) = (Math.Min(x0 + 1, place.SourceWidth - 1), Math.Min(y0 + 1, place.SourceHeight - 1));
                for (var c = 0; c < 3; c++)
                {
                    var top = Value(x0, y0, c) + ((sx - x0) * (Value(x1, y0, c) - Value(x0, y0, c)));
                    var bottom = Value(x0, y1, c) + ((sx - x0) * (Value(x1, y1, c) - Value(x0, y1, c)));
                    result[(((y * canvas.Width) + x) * 3) + c] = top + ((sy - y0) * (bottom - top));
                }
            }
        }

        return result;

        double Value(int x, int y, int channel)
        {
            var rgb = image[x, y];
            var row = color.Row(pixels.Bgr ? 2 - channel : channel);
            var v = ((row.R * rgb[0]) + (row.G * rgb[1]) + (row.B * (double)rgb[2])) / 255 + row.Offset;
            return ((v * pixels.Scale) - pixels.Mean[channel]) / pixels.Std[channel];
        }

        static double Source(int target, double origin, double window, int size, int source) =>
            Math.Clamp(((target + 0.5) * window / size) - 0.5 + origin, 0, source - 1);
    }
}
