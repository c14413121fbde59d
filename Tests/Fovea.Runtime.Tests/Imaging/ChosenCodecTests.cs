namespace Fovea.Tests.Imaging;

/// <summary>The codec of the process is chosen by one line; nothing else runs beside these.</summary>
[Collection(nameof(Alone))]
public class ChosenCodecTests
{
    [CollectionDefinition(nameof(Alone), DisableParallelization = true)]
    public class Alone;

    [Fact]
    public void One_line_chooses_the_codec_of_the_process()
    {
        Assert.IsType<ManagedImageCodec>(ImageFile.Codec);
        var (usual, limits) = (ImageFile.Codec, ImageFile.Limits);
        using var folder = new TempFolder();
        try
        {
            ImageFile.Codec = new SkiaImageCodec();
            ImageFile.Save(SmallPictures.Named("rgb-8.png").Image!, folder.File("a.png"));
            Assert.Equal(SmallPictures.Named("rgb-8.png").Image!.Pixels, ImageFile.Decode(folder.File("a.png")).Pixels);

            // Skia knows no TIFF, and the message says what it knows.
            var error = Assert.Throws<InvalidImageException>(() => ImageFile.Decode(SmallPictures.Named("lzw-rgb.tif").Content));
            Assert.Contains("expected a picture (JPEG, PNG, WebP, BMP or GIF)", error.Message, StringComparison.Ordinal);

            ImageFile.Limits = new ImageLimits { MaxPixels = 100 };
            Assert.Contains("100 pixels", Assert.Throws<InvalidImageException>(() => ImageFile.Decode(folder.File("a.png"))).Message, StringComparison.Ordinal);
            Assert.Throws<ArgumentNullException>(() => ImageFile.Codec = null!);
            Assert.Throws<ArgumentNullException>(() => ImageFile.Limits = null!);
        }
        finally
        {
            (ImageFile.Codec, ImageFile.Limits) = (usual, limits);
        }

        Assert.Equal(45, ImageFile.Decode(SmallPictures.Named("lzw-rgb.tif").Content).Width);
    }
}
