namespace Fovea.Tests.Data;

public class ImageFileTests
{
    [Fact]
    public void A_written_png_comes_back_byte_for_byte()
    {
        using var folder = new TempFolder();
        var image = Gradient(37, 21);
        var path = Path.Combine(folder.Path, "new", "picture.png");
        ImageFile.Save(image, path);
        var back = ImageFile.Decode(path);
        Assert.Equal((37, 21), (back.Width, back.Height));
        Assert.Equal(image.Pixels, back.Pixels);
        Assert.Equal((37, 21), ImageFile.ReadSize(path));
        Assert.Equal(["picture.png"], Directory.GetFiles(Path.GetDirectoryName(path)!).Select(Path.GetFileName));
    }

    [Fact]
    public void A_written_jpeg_comes_back_nearly()
    {
        using var folder = new TempFolder();
        var image = Gradient(64, 48);
        var path = Path.Combine(folder.Path, "picture.jpg");
        ImageFile.SaveJpeg(image, path, 95);
        using var stream = File.OpenRead(path);
        var back = ImageFile.Decode(stream);
        var difference = image.Pixels.Zip(back.Pixels, (a, b) => (double)Math.Abs(a - b)).Average();
        Assert.InRange(difference, 0.01, 3);
    }

    [Theory]
    [InlineData("", "an empty file")]
    [InlineData("this is no picture", "74686973")]
    public void A_file_that_is_no_picture_is_named(string text, string found)
    {
        using var folder = new TempFolder();
        var path = folder.Write("notes.jpg", text);
        foreach (var action in new Action[] { () => ImageFile.Decode(path), () => ImageFile.ReadSize(path) })
        {
            var error = Assert.Throws<InvalidImageException>(action);
            Assert.Equal(path, error.File);
            Assert.Contains("notes.jpg: expected a picture", error.Message, StringComparison.Ordinal);
            Assert.Contains(found, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_truncation_of_a_picture_is_an_error_and_never_a_crash()
    {
        using var folder = new TempFolder();
        foreach (var name in new[] { "a.png", "a.jpg" })
        {
            var path = Path.Combine(folder.Path, name);
            ImageFile.Save(Gradient(40, 30), path);
            var whole = File.ReadAllBytes(path);
            for (var length = 0; length < whole.Length - 20; length += 7)
            {
                Assert.Throws<InvalidImageException>(() => ImageFile.Decode(whole.AsSpan(0, length), name));
            }
        }
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        var error = Assert.Throws<FileNotFoundException>(() => ImageFile.Decode("nowhere.png"));
        Assert.Contains("nowhere.png", error.Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => ImageFile.ReadSize("nowhere.png"));
    }

    [Fact]
    public void A_failed_write_keeps_the_old_file_and_leaves_nothing_beside_it()
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "picture.png");
        Directory.CreateDirectory(path);
        Assert.ThrowsAny<Exception>(() => ImageFile.Save(Gradient(4, 4), path));
        Assert.Empty(Directory.GetFiles(folder.Path));
        Assert.True(Directory.Exists(path));
    }

    [Fact]
    public void Pixels_of_the_wrong_length_are_refused() =>
        Assert.Contains(
            "take 12 bytes", Assert.Throws<ArgumentException>(() => new RgbImage(2, 2, new byte[11])).Message, StringComparison.Ordinal);

    internal static RgbImage Gradient(int width, int height)
    {
        var image = new RgbImage(width, height);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var pixel = image[x, y];
                (pixel[0], pixel[1], pixel[2]) = ((byte)(x * 255 / width), (byte)(y * 255 / height), (byte)(((x * 3) + (y * 5)) % 256));
            }
        }

        return image;
    }
}
