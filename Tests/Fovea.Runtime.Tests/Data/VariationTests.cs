using System.Security.Cryptography;
using Fovea.CompilerServices;
using Fovea.Data.Variation;

namespace Fovea.Tests.Data;

/// <summary>Boxes lie where their pixels lie, however pictures are turned, cut, joined and mixed; and seed, epoch and showing decide all
/// of it.</summary>
public class VariationTests
{
    // Black is the mean, so that what is not painted is as black as the pictures.
    private static readonly CanvasFitter Fitter = new(
        new PixelNormalization([0, 0, 0], [1, 1, 1], false, 1), [new CanvasSize(160, 96)], null);

    private static readonly Augmentation All = new()
    {
        VerticalFlip = 0.5,
        MinScale = 0.5,
        MaxScale = 1.5,
        Rotate90 = 0.5,
        Crop = 0.5,
        MultiScale = 0.4,
        Mosaic = 0.4,
        MixUp = 0.3,
        Brightness = 0.1,
        Contrast = 0.1,
        Saturation = 0.1,
    };

    public static TheoryData<string, Augmentation> Each => new()
    {
        { "turned", new Augmentation { Rotate90 = 1 } },
        { "cut", new Augmentation { Crop = 1, MinVisible = 0 } },
        { "of another canvas", new Augmentation { MultiScale = 0.5 } },
        { "joined", new Augmentation { Mosaic = 1, MinVisible = 0, VerticalFlip = 0.5 } },
        { "mixed", new Augmentation { MixUp = 1, MinVisible = 0 } },
        { "all of it", All with { MinVisible = 0, Brightness = 0, Contrast = 0, Saturation = 0 } },
    };

    [Theory]
    [MemberData(nameof(Each))]
    public void Bright_pixels_are_in_boxes_and_boxes_are_bright(string what, Augmentation augmentation)
    {
        var options = new LoaderOptions { BatchSize = 4, Seed = 11, Shuffle = true, Augmentation = augmentation };
        using var loader = new DataLoader<Road>(Boxes(60), Fitter, options);
        var (seen, objects) = (0, 0);
        foreach (var batch in loader.Epoch(1))
        {
            for (var i = 0; i < batch.Count; i++)
            {
                var map = new BrightMap(batch, i);
                seen += map.Bright;
                objects += batch.ClassesOf(i).Length;
                Assert.True(batch.ClassesOf(i).Length <= loader.MaxBoxes);

                // Bilinear edges blur by about a pixel of the picture, up to three of the canvas.
                Assert.True(map.BrightOutside == 0, $"{what}: {map.BrightOutside} of {map.Bright} bright pixels lie outside of all boxes");
                Assert.True(map.LeastFilled > 0.9, $"{what}: a box is bright on {map.LeastFilled:P0} of its inner area");
            }
        }

        Assert.True(seen > 10_000 && objects >= 60, $"{what}: {seen} bright pixels, {objects} objects");
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 4)]
    public void The_same_bits_at_any_number_of_threads(int threads, int prefetch)
    {
        foreach (var sampling in Enum.GetValues<Sampling>())
        {
            var options = new LoaderOptions { BatchSize = 4, Seed = 5, Shuffle = true, Augmentation = All, Sampling = sampling, RepeatThreshold = 1 };
            Assert.Equal(Hash(options), Hash(options with { Threads = threads, Prefetch = prefetch, CacheBytes = 40_000 }));
        }
    }

    [Fact]
    public void What_is_added_leaves_flips_scale_and_colours_as_they_were()
    {
        var before = new Augmentation { VerticalFlip = 0.5, MinScale = 0.5, MaxScale = 1.5, Brightness = 0.1, Contrast = 0.1, Saturation = 0.1 };
        var options = new LoaderOptions { BatchSize = 4, Seed = 5, Shuffle = true, Augmentation = before };
        using var plain = new DataLoader<Road>(Boxes(40), Fitter, options);
        using var more = new DataLoader<Road>(
            Boxes(40), Fitter, options with { Augmentation = before with { Rotate90 = 0.3, Mosaic = 0.3 } });
        var (same, other) = (0, 0);
        foreach (var (a, b) in plain.Epoch(0).Select(Copy).Zip(more.Epoch(0).Select(Copy)))
        {
            for (var i = 0; i < a.Length; i++)
            {
                _ = a[i].SequenceEqual(b[i]) ? same++ : other++;
            }
        }

        Assert.True(same > 10 && other > 10, $"{same} the same, {other} not: expected both");

        static string[] Copy(Batch batch) =>
            [.. Enumerable.Range(0, batch.Count).Select(i => string.Join(' ', batch.BoxesOf(i).ToArray()))];
    }

    [Fact]
    public void Bytes_for_the_device_make_the_canvas_that_floats_are()
    {
        var options = new LoaderOptions { BatchSize = 6, Seed = 3, Augmentation = All };
        using var floats = new DataLoader<Road>(Boxes(6), Fitter, options);
        using var bytes = new DataLoader<Road>(Boxes(6), Fitter, options with { ResizeOnDevice = true });
        var (expected, actual) = (floats.Epoch(0).First(), bytes.Epoch(0).First());
        Assert.Equal(expected.Canvas, actual.Canvas);
        var writer = new Fovea.Imaging.CanvasWriter(Fitter.Pixels);
        var length = expected.Canvas.Width * expected.Canvas.Height * 3;
        for (var i = 0; i < 6; i++)
        {
            var made = new float[length];
            var source = actual.SourceOf(i);
            Assert.NotNull(source);
            writer.Write(source.Pixels, actual.Placements[i], actual.Canvas, made, actual.AffineOf(i));
            Assert.Equal(expected.Pixels.Slice(i * length, length), made);
            Assert.Equal(expected.BoxesOf(i), actual.BoxesOf(i));
        }
    }

    [Fact]
    public void A_quarter_turn_moves_each_pixel_where_it_moves_its_box()
    {
        var image = ImageFileTests.Gradient(7, 4);
        for (var quarters = 0; quarters < 4; quarters++)
        {
            var turned = QuarterTurn.Turn(image, quarters);
            Assert.Equal(QuarterTurn.SizeOf(7, 4, quarters), (turned.Width, turned.Height));
            for (var y = 0; y < 4; y++)
            {
                for (var x = 0; x < 7; x++)
                {
                    var box = QuarterTurn.Turn(new Box(x, y, x + 1, y + 1), 7, 4, quarters);
                    Assert.Equal(image[x, y].ToArray(), turned[(int)box.X1, (int)box.Y1].ToArray());
                    Assert.Equal((1f, 1f), (box.Width, box.Height));
                }
            }
        }

        Assert.Equal(image.Pixels, QuarterTurn.Turn(QuarterTurn.Turn(image, 1), 3).Pixels);
    }

    [Fact]
    public void A_canvas_of_another_scale_is_a_multiple_of_32_and_varies_from_batch_to_batch()
    {
        var options = new LoaderOptions { BatchSize = 2, Seed = 1, Augmentation = new Augmentation { MultiScale = 0.5 } };
        using var loader = new DataLoader<Road>(Boxes(60), Fitter, options);
        var canvases = loader.Epoch(0).Select(b => b.Canvas).ToArray();
        Assert.All(canvases, c => Assert.Equal((0, 0), (c.Width % 32, c.Height % 32)));
        Assert.InRange(canvases.Min(c => c.Width), 64, 96);
        Assert.InRange(canvases.Max(c => c.Width), 224, 256);

        // torchvision's rule: the shorter side is what varies.
        var variable = new CanvasFitter(Fitter.Pixels, [], new ResizeInfo(96, 200, ResizeRule.TorchVision));
        using var resized = new DataLoader<Road>(Boxes(20), variable, options);
        Assert.True(resized.Epoch(0).Select(b => b.Canvas).Distinct().Count() > 3);
    }

    [Fact]
    public void Rare_classes_come_as_often_as_their_repeat_factor_says()
    {
        // 3 of 60 pictures show a traffic light: f = 0.05, r = √(0.2 / 0.05) = 2. All others show a car alone, r = 1.
        var dataset = Boxes(60, rare: 3);
        var options = new LoaderOptions { BatchSize = 7, Seed = 2, Shuffle = true, Sampling = Sampling.RepeatFactor, RepeatThreshold = 0.2 };
        using var loader = new DataLoader<Road>(dataset, Fitter, options);
        for (var epoch = 0; epoch < 3; epoch++)
        {
            var shown = loader.Epoch(epoch).SelectMany(b => b.Indices.ToArray()).GroupBy(i => i).ToDictionary(g => g.Key, g => g.Count());
            Assert.Equal(63, shown.Values.Sum());
            Assert.All(Enumerable.Range(0, 60), i => Assert.Equal(i < 3 ? 2 : 1, shown[i]));
            Assert.Equal(9, loader.CountBatches(epoch));
        }
    }

    [Fact]
    public void Balanced_classes_are_shown_equally_often_and_every_showing_is_varied_differently()
    {
        var options = new LoaderOptions
        {
            BatchSize = 10,
            Seed = 2,
            Shuffle = true,
            Sampling = Sampling.ClassBalanced,
            Augmentation = new Augmentation { MinScale = 0.5, MaxScale = 2 },
        };
        using var loader = new DataLoader<Road>(Boxes(60, rare: 3), Fitter, options);
        var shown = new List<(int Index, ImagePlacement Placement)>();
        foreach (var batch in loader.Epoch(0))
        {
            for (var i = 0; i < batch.Count; i++)
            {
                shown.Add((batch.Indices[i], batch.Placements[i]));
            }
        }

        Assert.Equal(60, shown.Count);
        Assert.Equal(30, shown.Count(s => s.Index < 3));
        Assert.Equal(60, shown.Select(s => s.Placement).Distinct().Count());
    }

    [Theory]
    [InlineData(1.5, 0)]
    [InlineData(0, 1)]
    public void Values_out_of_range_are_refused(double mosaic, double multiScale) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new DataLoader<Road>(
        Boxes(2), Fitter, new LoaderOptions { Augmentation = new Augmentation { Mosaic = mosaic, MultiScale = multiScale } }));

    private static string Hash(LoaderOptions options)
    {
        using var loader = new DataLoader<Road>(Boxes(18, rare: 2), Fitter, options);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var batch in loader.Epoch(2))
        {
            hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(batch.Pixels));
            hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(batch.Indices));
            for (var i = 0; i < batch.Count; i++)
            {
                hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(batch.BoxesOf(i)));
            }
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>Black pictures, each with two white boxes that are its objects; in the first ones one is a traffic light.</summary>
    private static InMemoryDataset<Road> Boxes(int count, int rare = 0)
    {
        var random = new SeededRandom(3);
        var images = new List<(RgbImage, IReadOnlyList<LabeledBox<Road>>)>();
        for (var i = 0; i < count; i++)
        {
            var image = new RgbImage(100 + random.NextInt32(30), 60 + random.NextInt32(20));
            var objects = new List<LabeledBox<Road>>();
            for (var half = 0; half < 2; half++)
            {
                var (x, y) = ((half * 50) + random.NextInt32(15), random.NextInt32(20));
                var box = new Box(x, y, x + 18 + random.NextInt32(15), y + 18 + random.NextInt32(20));
                for (var row = (int)box.Y1; row < box.Y2; row++)
                {
                    image.Row(row)[((int)box.X1 * 3)..((int)box.X2 * 3)].Fill(255);
                }

                objects.Add(new LabeledBox<Road>(i < rare ? Road.TrafficLight : Road.Car, box));
            }

            images.Add((image, objects));
        }

        return new InMemoryDataset<Road>("boxes", images);
    }

    /// <summary>Where a canvas is bright: by a third, since a mixture of two pictures is half as bright as each.</summary>
    private sealed class BrightMap
    {
        private const int Blur = 3;

        public BrightMap(Batch batch, int image)
        {
            var (w, h) = (batch.Canvas.Width, batch.Canvas.Height);
            var pixels = batch.Pixels.Slice(image * w * h * 3, w * h * 3);
            var boxes = batch.BoxesOf(image);
            for (var y = 0; y < h; y++)
            {
                for (var x = 0; x < w; x++)
                {
                    var bright = pixels[((y * w) + x) * 3] > 0.33f;
                    Bright += bright ? 1 : 0;
                    BrightOutside += bright && !Inside(boxes, x + 0.5f, y + 0.5f) ? 1 : 0;
                }
            }

            for (var b = 0; b < boxes.Length; b += 4)
            {
                var (inner, filled) = (0, 0);
                for (var y = (int)boxes[b + 1] + Blur; y < (int)boxes[b + 3] - Blur; y++)
                {
                    for (var x = (int)boxes[b] + Blur; x < (int)boxes[b + 2] - Blur; x++)
                    {
                        inner++;
                        filled += pixels[((y * w) + x) * 3] > 0.33f ? 1 : 0;
                    }
                }

                LeastFilled = inner > 0 ? Math.Min(LeastFilled, (double)filled / inner) : LeastFilled;
            }
        }

        public int Bright { get; }

        public int BrightOutside { get; }

        public double LeastFilled { get; } = 1;

        private static bool Inside(ReadOnlySpan<float> boxes, float x, float y)
        {
            for (var b = 0; b < boxes.Length; b += 4)
            {
                if (x > boxes[b] - Blur && y > boxes[b + 1] - Blur && x < boxes[b + 2] + Blur && y < boxes[b + 3] + Blur)
                {
                    return true;
                }
            }

            return false;
        }
    }
}
