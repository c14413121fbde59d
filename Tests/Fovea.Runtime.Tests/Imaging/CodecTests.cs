using Fovea.Tests.Data;

namespace Fovea.Tests.Imaging;

/// <summary>Every kind of picture, by both codecs, against pixels that neither of them made.</summary>
public class CodecTests
{
    private static readonly IImageCodec[] Codecs = [new ManagedImageCodec(), new SkiaImageCodec()];

    /// <summary>What Skia does otherwise: it has no TIFF, takes other words, and refuses less.</summary>
    private static readonly HashSet<string> NotSkias =
        ["lossless.jpg", "arithmetic.jpg", "damaged.png", "without-palette.png", "rows-missing.png", "rows-missing-interlaced.png", "565.bmp"];

    public static TheoryData<string, int> Pictures()
    {
        var data = new TheoryData<string, int>();
        foreach (var picture in SmallPictures.All)
        {
            data.Add(picture.File, 0);
            if (!picture.File.EndsWith(".tif", StringComparison.Ordinal) && !NotSkias.Contains(picture.File))
            {
                data.Add(picture.File, 1);
            }
        }

        return data;
    }

    public static TheoryData<string> Photographs()
    {
        var data = new TheoryData<string>();
        var folder = Path.Combine(TestData.Folder, "real-images");
        foreach (var file in Directory.Exists(folder) ? Directory.GetFiles(folder).Where(f => f.EndsWith('g')) : ["absent"])
        {
            data.Add(Path.GetFileName(file));
        }

        return data;
    }

    [Theory, MemberData(nameof(Pictures))]
    public void A_picture_has_the_pixels_that_another_decoder_sees(string file, int codec)
    {
        var expected = SmallPictures.Named(file);
        if (expected.Refused is { } reason)
        {
            var error = Assert.Throws<InvalidImageException>(() => Decode(expected.Content, file, Codecs[codec]));
            Assert.StartsWith(file + ": ", error.Message, StringComparison.Ordinal);
            Assert.Equal(file, error.File);
            Assert.Contains(reason, error.Message, StringComparison.Ordinal);
            return;
        }

        var found = Decode(expected.Content, file, Codecs[codec]);
        Assert.Equal((expected.Image!.Width, expected.Image.Height), (found.Width, found.Height));
        var (most, mean) = Difference(expected.Image, found);
        Assert.True(
            most <= expected.Most && mean <= expected.Mean,
            $"{file} by {Codecs[codec].Name}: differs by {most} at the most, by {mean:F3} on average; allowed {expected.Most}, {expected.Mean}");
    }

    [Fact]
    public void A_header_says_the_upright_size_and_is_read_without_the_pixels()
    {
        foreach (var picture in SmallPictures.All.Where(p => p.Image is not null))
        {
            foreach (var codec in picture.File.EndsWith(".tif", StringComparison.Ordinal) ? Codecs.Take(1) : Codecs)
            {
                using var content = new MemoryStream(picture.Content);
                var header = codec.ReadHeader(content, picture.File);
                Assert.Equal((picture.File, picture.Image!.Width, picture.Image.Height), (picture.File, header.UprightSize.Width, header.UprightSize.Height));
                Assert.StartsWith(header.Format.ToString()[..2], Path.GetExtension(picture.File)[1..3], StringComparison.OrdinalIgnoreCase);
            }
        }
    }

    [SkippableTheory, MemberData(nameof(Photographs))]
    public void Both_codecs_see_the_same_photograph(string file)
    {
        var content = File.ReadAllBytes(TestData.Require("real-images", file));
        if (file.Contains("truncated", StringComparison.Ordinal))
        {
            return;
        }

        var (most, mean) = Difference(Decode(content, file, Codecs[1]), Decode(content, file, Codecs[0]));
        Assert.True(most == 0, $"{file}: differs by {most} at the most, by {mean:F4} on average");
    }

    [Theory]
    [InlineData("420.jpg")]
    [InlineData("progressive.jpg")]
    [InlineData("cmyk.jpg")]
    [InlineData("rgb-8.png")]
    [InlineData("rgb-alpha-16-interlaced.png")]
    [InlineData("palette-2.png")]
    public void A_file_that_is_cut_off_anywhere_is_refused(string file)
    {
        var whole = SmallPictures.Named(file).Content;

        // Of PNG, the last chunk, the checksums before it and the end of the compressed data say nothing of pixels.
        var most = file.EndsWith(".png", StringComparison.Ordinal) ? whole.Length - 24 : whole.Length - 1;
        for (var length = 0; length <= most; length++)
        {
            Assert.Throws<InvalidImageException>(() => Decode(whole.AsSpan(0, length), file, Codecs[0]));
        }
    }

    [Fact]
    public void What_one_codec_writes_the_other_reads()
    {
        var image = SmallPictures.Named("rgb-8.png").Image!;
        foreach (var codec in Codecs)
        {
            foreach (var format in new[] { ImageFormat.Png, ImageFormat.Jpeg })
            {
                using var content = new MemoryStream();
                codec.Encode(image, format, 95, content);
                var (most, mean) = Difference(image, Decode(content.ToArray(), "written", Codecs[codec == Codecs[0] ? 1 : 0]));
                Assert.True(format == ImageFormat.Png ? most == 0 : mean is > 0.1 and < 8, $"{codec.Name} {format}: {most}, {mean}");
            }

            Assert.Throws<ArgumentOutOfRangeException>(() => codec.Encode(image, ImageFormat.Gif, 90, new MemoryStream()));
        }
    }

    [Theory]
    [InlineData(3, 2)]
    [InlineData(1, 5)]
    [InlineData(4, 1)]
    public void Each_orientation_is_a_turn_of_the_stored_picture(int width, int height)
    {
        var stored = new RgbImage(width, height);
        Random.Shared.NextBytes(stored.Pixels);
        var (w, h) = (width - 1, height - 1);
        var turns = new Func<int, int, (int X, int Y)>[]
        {
            (x, y) => (x, y), (x, y) => (w - x, y), (x, y) => (w - x, h - y), (x, y) => (x, h - y), (x, y) => (y, x), (x, y) => (y, h - x),
            (x, y) => (w - y, h - x), (x, y) => (w - y, x),
        };
        for (var i = 0; i < turns.Length; i++)
        {
            var upright = Fovea.Imaging.UprightImage.Of(stored, (ImageOrientation)(i + 1));
            Assert.Equal(new ImageHeader(ImageFormat.Png, width, height, (ImageOrientation)(i + 1)).UprightSize, (upright.Width, upright.Height));
            for (var y = 0; y < upright.Height; y++)
            {
                for (var x = 0; x < upright.Width; x++)
                {
                    var (sx, sy) = turns[i](x, y);
                    Assert.True(stored[sx, sy].SequenceEqual(upright[x, y]), $"{(ImageOrientation)(i + 1)} at {x}, {y}");
                }
            }
        }
    }

    internal static (int Most, double Mean) Difference(RgbImage a, RgbImage b)
    {
        var (most, sum) = (0, 0L);
        for (var i = 0; i < a.Pixels.Length; i++)
        {
            var difference = Math.Abs(a.Pixels[i] - b.Pixels[i]);
            (most, sum) = (Math.Max(most, difference), sum + difference);
        }

        return (most, sum / (double)a.Pixels.Length);
    }

    private static RgbImage Decode(ReadOnlySpan<byte> content, string name, IImageCodec codec) =>
        ImageFile.Decode(content, name, ImageLimits.Default, codec);
}
