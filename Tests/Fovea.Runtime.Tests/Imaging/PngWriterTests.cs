using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace Fovea.Tests.Imaging;

/// <summary>What is written as PNG, read by others.</summary>
public class PngWriterTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 7)]
    [InlineData(640, 3)]
    [InlineData(257, 129)]
    public void ImageSharp_and_Skia_read_what_is_written(int width, int height)
    {
        var image = new RgbImage(width, height);
        new Random(width).NextBytes(image.Pixels);
        using var file = new MemoryStream();
        new ManagedImageCodec().Encode(image, ImageFormat.Png, 0, file);

        using (var read = Image.Load<Rgb24>(file.ToArray()))
        {
            var pixels = new byte[image.Pixels.Length];
            read.CopyPixelDataTo(pixels);
            Assert.Equal((width, height), (read.Width, read.Height));
            Assert.Equal(image.Pixels, pixels);
        }

        file.Position = 0;
        var codec = new SkiaImageCodec();
        Assert.Equal(image.Pixels, codec.Decode(file.ToArray(), codec.ReadHeader(file, "written"), "written").Pixels);
    }

    [Fact]
    public void What_is_alike_takes_little_room()
    {
        using var file = new MemoryStream();
        new ManagedImageCodec().Encode(new RgbImage(640, 480), ImageFormat.Png, 0, file);
        Assert.True(file.Length < 10_000, $"{file.Length} bytes");
    }
}
