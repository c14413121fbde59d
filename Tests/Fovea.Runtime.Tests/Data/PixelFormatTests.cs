using Fovea.CompilerServices;
using Fovea.Imaging;

namespace Fovea.Tests.Data;

public class PixelFormatTests
{
    private const int Width = 13;
    private const int Height = 9;
    private const byte Gap = 0xCD;

    private static readonly PixelNormalization Pixels = new([0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f], false, 1);

    public static TheoryData<PixelFormat, int> Layouts => new()
    {
        { PixelFormat.Rgb, 0 }, { PixelFormat.Rgb, 5 }, { PixelFormat.Bgr, 0 }, { PixelFormat.Bgr, 1 }, { PixelFormat.Rgba, 0 },
        { PixelFormat.Rgba, 12 }, { PixelFormat.Bgra, 0 }, { PixelFormat.Bgra, 4 },
    };

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Pixels_of_any_order_give_the_same_bits_on_the_canvas(PixelFormat format, int gap)
    {
        var image = ImageFileTests.Gradient(Width, Height);
        foreach (var bgrNetwork in new[] { false, true })
        {
            var pixels = Pixels with { Bgr = bgrNetwork };
            var expected = OnCanvas(new PixelSource(image), pixels);
            Assert.Equal(expected, OnCanvas(Source(image, format, gap, lastGap: true), pixels));
            Assert.Equal(expected, OnCanvas(Source(image, format, gap, lastGap: false), pixels));
        }
    }

    [Fact]
    public void Gray_is_red_green_and_blue_alike()
    {
        var bytes = Enumerable.Range(0, Width * Height).Select(i => (byte)(i * 7)).ToArray();
        var rgb = bytes.SelectMany(b => new[] { b, b, b }).ToArray();
        Assert.Equal(
            OnCanvas(new PixelSource(rgb, Width, Height), Pixels),
            OnCanvas(new PixelSource(bytes, Width, Height, PixelFormat.Gray), Pixels));
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Copied_to_another_device_they_are_red_green_and_blue_from_any_pixel_on(PixelFormat format, int gap)
    {
        var image = ImageFileTests.Gradient(Width, Height);
        var source = Source(image, format, gap, lastGap: false);
        foreach (var first in new[] { 0, 1, Width - 1, Width, (3 * Width) + 5, (Width * Height) - 1 })
        {
            var rgb = new byte[((Width * Height) - first) * 3];
            source.CopyRgb(first, rgb);
            Assert.Equal(image.Pixels[(first * 3)..], rgb);
        }
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Detections_do_not_depend_on_the_order_of_bytes(PixelFormat format, int gap)
    {
        using var detector = ToyDetector.Create(5).Excited();
        var image = ToyScenes.Create(1, 3).LoadImage(0);
        var source = Source(image, format, gap, lastGap: true);
        var expected = detector.Detect(image);
        Assert.NotEmpty(expected);
        Assert.Equal(expected, detector.Detect(source.Bytes, image.Width, image.Height, format, source.Stride));
        var found = new Detection<ToyClass>[detector.MaxDetections];
        Assert.Equal(expected.Count, detector.Detect(source.Bytes, image.Width, image.Height, found, format, source.Stride));
        Assert.Equal(expected, found[..expected.Count]);
    }

    [Fact]
    public void Encoded_bytes_and_streams_are_decoded()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(5).Excited();
        var image = ToyScenes.Create(1, 3).LoadImage(0);
        ImageFile.SavePng(image, folder.File("scene.png"));
        var bytes = File.ReadAllBytes(folder.File("scene.png"));
        var expected = detector.Detect(image);
        Assert.Equal(expected, detector.Detect(folder.File("scene.png")));
        Assert.Equal(expected, detector.Detect(bytes));
        using var stream = new MemoryStream(bytes);
        Assert.Equal(expected, detector.Detect(stream));
    }

    [Theory]
    [InlineData(PixelFormat.Bgra, 0, 467, "pixels: 13×9 of Bgra take 468 bytes, found 467")]
    [InlineData(PixelFormat.Gray, 16, 118, "pixels: 13×9 of Gray with a stride of 16 take 144 bytes, or 141 without the last row's gap, found 118")]
    [InlineData(PixelFormat.Rgb, 40, 361, "pixels: 13×9 of Rgb with a stride of 40 take 360 bytes, or 359 without the last row's gap, found 361")]
    [InlineData(PixelFormat.Rgb, 38, 351, "stride: 13 pixels of Rgb take 39 bytes a row: expected at least as many, or 0 for packed rows, found 38")]
    [InlineData(PixelFormat.Rgb, -39, 351, "found -39")]
    public void Spans_that_do_not_fit_are_named_with_the_length_that_would(PixelFormat format, int stride, int bytes, string expected)
    {
        using var detector = ToyDetector.Create(5);
        var error = Assert.Throws<ArgumentException>(() => detector.Detect(new byte[bytes], Width, Height, format, stride));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_order_that_does_not_exist_is_refused()
    {
        using var detector = ToyDetector.Create(5);
        Assert.Throws<ArgumentOutOfRangeException>(() => detector.Detect(new byte[Width * Height * 3], Width, Height, (PixelFormat)9));
    }

    private static float[] OnCanvas(PixelSource source, PixelNormalization pixels)
    {
        var (place, canvas) = (new ImagePlacement(Width, Height, 29, 7) { FlipX = true }, new CanvasSize(32, 32));
        var target = new float[canvas.Width * canvas.Height * 3];
        new CanvasWriter(pixels).Write(source, place, canvas, target, PixelAffine.Create(pixels, ColorTransform.Identity, 255));
        return target;
    }

    private static PixelSource Source(RgbImage image, PixelFormat format, int gap, bool lastGap)
    {
        var bytes = new List<byte>();
        for (var y = 0; y < image.Height; y++)
        {
            for (var x = 0; x < image.Width; x++)
            {
                var p = image[x, y];
                bytes.AddRange(format switch
                {
                    PixelFormat.Rgb => [p[0], p[1], p[2]],
                    PixelFormat.Bgr => [p[2], p[1], p[0]],
                    PixelFormat.Rgba => [p[0], p[1], p[2], (byte)x],
                    _ => (byte[])[p[2], p[1], p[0], (byte)x],
                });
            }

            bytes.AddRange(Enumerable.Repeat(Gap, y < image.Height - 1 || lastGap ? gap : 0));
        }

        var row = image.Width * (format is PixelFormat.Rgb or PixelFormat.Bgr ? 3 : 4);
        return new PixelSource(bytes.ToArray(), image.Width, image.Height, format, gap == 0 ? 0 : row + gap);
    }
}
