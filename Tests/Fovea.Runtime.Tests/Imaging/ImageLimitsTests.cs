using System.Buffers.Binary;

namespace Fovea.Tests.Imaging;

/// <summary>Files that claim to be larger than they may be, or than they are, cost no memory.</summary>
public class ImageLimitsTests
{
    private const long Little = 300_000;

    [Theory]
    [InlineData("rgb-8.png", 16, 4)]
    [InlineData("420.jpg", -1, 2)]
    [InlineData("rgb.bmp", 18, -4)]
    [InlineData("first.gif", 6, -2)]
    [InlineData("lossless.webp", -2, 0)]
    [InlineData("raw-rgb.tif", -3, 0)]
    public void A_declared_size_above_the_limit_is_refused_before_memory_is_asked_for(string file, int at, int bytes)
    {
        var content = SmallPictures.Named(file).Content;
        Claim(content, file, at, bytes, 16_000);
        var limits = new ImageLimits { MaxPixels = 10_000_000 };
        foreach (var codec in file.EndsWith(".tif", StringComparison.Ordinal) ? [new ManagedImageCodec()] : new IImageCodec[] { new ManagedImageCodec(), new SkiaImageCodec() })
        {
            var error = Refused(() => ImageFile.Decode(content, file, limits, codec));
            Assert.Contains("expected between 1 and 10000000 pixels, found a size of 16000×16000", error.Message, StringComparison.Ordinal);
            Assert.Contains("ImageLimits.MaxPixels", error.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>16 million pixels are allowed, and cannot be in so few bytes.</summary>
    [Theory]
    [InlineData("rgb-8.png", 16, 4)]
    [InlineData("gray-1-interlaced.png", 16, 4)]
    [InlineData("420.jpg", -1, 2)]
    [InlineData("rgb.bmp", 18, -4)]
    public void A_file_that_is_too_short_for_its_size_is_cut_off_before_memory_is_asked_for(string file, int at, int bytes)
    {
        var content = SmallPictures.Named(file).Content;
        Claim(content, file, at, bytes, 8000);
        Assert.Contains("cut off", Refused(() => ImageFile.Decode(content, file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_many_frames_one_is_decoded()
    {
        var (first, animated) = (SmallPictures.Named("first.gif").Content, SmallPictures.Named("animated.gif").Content);
        var frame = animated[first.AsSpan().CommonPrefixLength(animated)..^1];
        byte[] many = [.. animated[..^1], .. Enumerable.Repeat(frame, 2000).SelectMany(f => f), 0x3B];
        ImageFile.Decode(animated);
        var before = GC.GetAllocatedBytesForCurrentThread();
        ImageFile.Decode(many, "many.gif");
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < Little, "frames that are not shown take memory");
    }

    [Fact]
    public void Compressed_texts_and_profiles_are_not_unpacked()
    {
        var bomb = SmallPictures.Named("text-bomb.png").Content;
        ImageFile.Decode(bomb);
        var before = GC.GetAllocatedBytesForCurrentThread();
        ImageFile.Decode(bomb);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < Little, "16 MB of text were unpacked");
    }

    [Fact]
    public void A_stream_without_end_and_a_long_file_end_at_the_limit()
    {
        var limits = new ImageLimits { MaxBytes = 100_000 };
        var error = Assert.Throws<InvalidImageException>(() => ImageFile.Decode(new Endless(), limits: limits));
        Assert.Contains("at most 100000 bytes", error.Message, StringComparison.Ordinal);
        using var folder = new TempFolder();
        using (var file = File.Create(folder.File("long.png")))
        {
            file.SetLength(1L << 40);
        }

        Assert.Contains("ImageLimits.MaxBytes", Refused(() => ImageFile.Decode(folder.File("long.png"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_data_set_and_a_detector_have_limits_of_their_own()
    {
        using var folder = new TempFolder();
        var path = folder.File("a.png");
        ImageFile.SavePng(new RgbImage(40, 30), path);
        folder.Write("a.txt", "");
        var narrow = new ImageLimits { MaxPixels = 1000 };
        var set = YoloDataset<Data.Road>.Open(folder.Path, ["traffic light", "Car"], new DatasetOptions { ImageLimits = narrow });
        Assert.Contains("40×30", Assert.Throws<InvalidImageException>(() => set.LoadImage(0)).Message, StringComparison.Ordinal);
        Assert.Equal(40, YoloDataset<Data.Road>.Open(folder.Path, ["traffic light", "Car"]).LoadImage(0).Width);

        using var detector = ToyDetector.Create(5, new DetectorOptions { ImageLimits = narrow });
        Assert.Throws<InvalidImageException>(() => detector.Detect(path));
        Assert.Throws<InvalidImageException>(() => detector.Detect(File.ReadAllBytes(path).AsSpan()));
        using var stream = File.OpenRead(path);
        Assert.Throws<InvalidImageException>(() => detector.Detect(stream));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(long.MaxValue)]
    public void A_limit_that_is_none_is_refused(long value)
    {
        Assert.Contains("ImageLimits.MaxPixels", Assert.Throws<ArgumentOutOfRangeException>(() => new ImageLimits { MaxPixels = value }).Message, StringComparison.Ordinal);
        Assert.Contains("ImageLimits.MaxBytes", Assert.Throws<ArgumentOutOfRangeException>(() => new ImageLimits { MaxBytes = value }).Message, StringComparison.Ordinal);
    }

    /// <summary>Writes another size into a file's header.</summary>
    private static void Claim(byte[] content, string file, int at, int bytes, int size)
    {
        void Write(int where, int length, bool big)
        {
            var number = new byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(number, size);
            number.AsSpan(0, length).CopyTo(content.AsSpan(where));
            if (big)
            {
                content.AsSpan(where, length).Reverse();
            }
        }

        switch (at)
        {
            case -1:
                var frame = content.AsSpan().IndexOf([(byte)0xFF, (byte)0xC0]) + 5;
                Write(frame, 2, big: true);
                Write(frame + 2, 2, big: true);
                break;
            case -2:
                BinaryPrimitives.WriteUInt32LittleEndian(content.AsSpan(21), (uint)((size - 1) | ((size - 1) << 14)));
                break;
            case -3:
                var directory = BinaryPrimitives.ReadInt32LittleEndian(content.AsSpan(4));
                foreach (var entry in new[] { directory + 2, directory + 14 })
                {
                    BinaryPrimitives.WriteInt16LittleEndian(content.AsSpan(entry + 2), 4);
                    Write(entry + 8, 4, big: false);
                }

                break;
            default:
                Write(at, Math.Abs(bytes), bytes > 0);
                Write(at + Math.Abs(bytes), Math.Abs(bytes), bytes > 0);
                break;
        }

        if (file.EndsWith(".png", StringComparison.Ordinal))
        {
            PictureMutation.RepairChecksums(content);
        }
    }

    private static InvalidImageException Refused(Action decode)
    {
        Assert.Throws<InvalidImageException>(decode);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<InvalidImageException>(decode);
        var taken = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(taken < Little, $"{taken} bytes");
        return error;
    }

    private sealed class Endless : MemoryStream
    {
        public override int Read(Span<byte> buffer)
        {
            buffer.Fill(1);
            return buffer.Length;
        }
    }
}
