using Fovea.CompilerServices;

namespace Fovea.Tests.Data;

public class DataLoaderTests
{
    private static readonly PixelNormalization Pixels = new([0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f], false, 1);
    private static readonly CanvasFitter Fixed = new(Pixels, [new CanvasSize(64, 32)], null);

    private static readonly Augmentation Everything = new()
    {
        VerticalFlip = 0.5,
        MinScale = 0.5,
        MaxScale = 2,
        Brightness = 0.2,
        Contrast = 0.2,
        Saturation = 0.2,
    };

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    [InlineData(4, 5)]
    public void Batches_have_the_same_bits_at_any_number_of_threads(int threads, int prefetch)
    {
        var options = new LoaderOptions { BatchSize = 4, Seed = 5, Shuffle = true, Augmentation = Everything };
        Assert.Equal(Fingerprint(options, 2), Fingerprint(options with { Threads = threads, Prefetch = prefetch, CacheBytes = 20_000 }, 2));
    }

    [Fact]
    public void Seed_and_epoch_change_order_and_augmentation()
    {
        var options = new LoaderOptions { BatchSize = 4, Seed = 5, Shuffle = true, Augmentation = Everything };
        var one = Fingerprint(options, 0);
        Assert.NotEqual(one, Fingerprint(options, 1));
        Assert.NotEqual(one, Fingerprint(options with { Seed = 6 }, 0));
        Assert.Equal(one, Fingerprint(options, 0));
    }

    [Theory]
    [InlineData(LastBatch.Keep, new[] { 4, 4, 2 })]
    [InlineData(LastBatch.Drop, new[] { 4, 4 })]
    [InlineData(LastBatch.Fill, new[] { 4, 4, 4 })]
    public void The_last_batch_is_kept_dropped_or_filled(LastBatch last, int[] sizes)
    {
        using var loader = new DataLoader<Road>(Boxes(10), Fixed, new LoaderOptions { BatchSize = 4, Shuffle = true, LastBatch = last });
        var seen = new List<int>();
        var counts = new List<int>();
        foreach (var batch in loader.Epoch(3))
        {
            counts.Add(batch.Count);
            seen.AddRange(batch.Indices.ToArray());
        }

        Assert.Equal(sizes, counts);
        Assert.Equal(sizes.Length, loader.CountBatches(3));
        Assert.Equal(Math.Min(10, sizes.Sum()), seen.Distinct().Count());
    }

    [Fact]
    public void Boxes_follow_their_pixels_through_resize_flip_and_crop()
    {
        // Each image has one bright box on black: on the canvas, the bright pixels' extent is the box.
        var geometry = Everything with { Brightness = 0, Contrast = 0, Saturation = 0, MinVisible = 0 };
        var options = new LoaderOptions { BatchSize = 5, Seed = 9, Shuffle = true, Augmentation = geometry };
        var fitter = new CanvasFitter(new PixelNormalization([0, 0, 0], [1, 1, 1], false, 1), [new CanvasSize(96, 64)], null);
        using var loader = new DataLoader<Road>(Boxes(40), fitter, options);
        var compared = 0;
        foreach (var batch in loader.Epoch(0))
        {
            for (var i = 0; i < batch.Count; i++)
            {
                var boxes = batch.BoxesOf(i);
                if (boxes.Length == 0)
                {
                    continue;
                }

                var extent = BrightExtent(batch, i);
                for (var k = 0; k < 4; k++)
                {
                    // Bilinear edges blur by about a pixel of the image, which is 1.5 · 2 pixels of the canvas at the most.
                    Assert.True(
                        Math.Abs(extent[k] - boxes[k]) < 2.5,
                        $"image {batch.Indices[i]} edge {k}: expected {boxes[k]}, actual {extent[k]}, tolerance 2.5");
                }

                compared++;
            }
        }

        Assert.True(compared >= 20, $"only {compared} boxes compared");
    }

    [Fact]
    public void Images_of_several_canvases_are_never_in_one_batch()
    {
        var fitter = new CanvasFitter(Pixels, [new CanvasSize(64, 32), new CanvasSize(32, 64)], null);
        var images = Enumerable.Range(0, 14).Select(
            i => (i % 3 == 0 ? new RgbImage(20, 40) : new RgbImage(40, 20), (IReadOnlyList<LabeledBox<Road>>)[]));
        using var loader = new DataLoader<Road>(
            new InMemoryDataset<Road>("mixed", images), fitter, new LoaderOptions { BatchSize = 4, Shuffle = true });
        var seen = 0;
        foreach (var batch in loader.Epoch(0))
        {
            foreach (var index in batch.Indices)
            {
                Assert.Equal(index % 3 == 0 ? new CanvasSize(32, 64) : new CanvasSize(64, 32), batch.Canvas);
                seen++;
            }
        }

        Assert.Equal(14, seen);
    }

    [Fact]
    public void A_variable_canvas_is_the_batch_maximum_rounded_up()
    {
        var fitter = new CanvasFitter(Pixels, [], new ResizeInfo(50, 80, ResizeRule.TorchVision));
        var images = new[] { new RgbImage(40, 20), new RgbImage(30, 25) }.Select(i => (i, (IReadOnlyList<LabeledBox<Road>>)[]));
        using var loader = new DataLoader<Road>(new InMemoryDataset<Road>("two", images), fitter, new LoaderOptions { BatchSize = 2 });
        var batch = loader.Epoch(0).First();
        Assert.Equal([(80, 40), (60, 50)], batch.Placements.ToArray().Select(p => (p.Width, p.Height)));
        Assert.Equal(new CanvasSize(96, 64), batch.Canvas);

        // Padding is 0 after normalisation; black is −mean/std.
        Assert.Equal(0, batch.Pixels[(80 * 3) + 1]);
        Assert.Equal(-0.456f / 0.224f, batch.Pixels[(79 * 3) + 1], 1e-6);
    }

    [Fact]
    public void An_image_that_cannot_be_read_fails_at_its_batch_and_the_loader_goes_on()
    {
        using var folder = new TempFolder();
        ImageFile.Save(new RgbImage(40, 30), Path.Combine(folder.Path, "good.png"));
        folder.Write("bad.png", "no picture");
        var json = folder.Write("labels.json", """
            {"images": [{"id": 1, "file_name": "good.png", "width": 40, "height": 30},
                        {"id": 2, "file_name": "bad.png", "width": 40, "height": 30}],
             "categories": [{"id": 1, "name": "Car"}, {"id": 2, "name": "traffic light"}], "annotations": []}
            """);
        using var loader = new DataLoader<Road>(
            CocoDataset<Road>.Open(json, folder.Path), Fixed, new LoaderOptions { BatchSize = 1, Threads = 2 });
        for (var epoch = 0; epoch < 3; epoch++)
        {
            var batches = 0;
            var error = Assert.Throws<InvalidImageException>(() =>
            {
                foreach (var _ in loader.Epoch(epoch))
                {
                    batches++;
                }
            });
            Assert.Equal(1, batches);
            Assert.Contains("bad.png", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Leaving_an_epoch_early_many_times_loses_no_batch()
    {
        using var loader = new DataLoader<Road>(Boxes(20), Fixed, new LoaderOptions { BatchSize = 2, Threads = 3, Prefetch = 2 });
        for (var epoch = 0; epoch < 200; epoch++)
        {
            foreach (var batch in loader.Epoch(epoch))
            {
                if (batch.Indices[0] >= epoch % 7)
                {
                    break;
                }
            }
        }

        Assert.Equal(10, loader.Epoch(0).Count());
    }

    [Fact]
    public void Cancelling_ends_the_wait_and_a_second_reader_is_refused()
    {
        using var loader = new DataLoader<Road>(Boxes(20), Fixed, new LoaderOptions { BatchSize = 2 });
        using var cancelled = new CancellationTokenSource();
        using (var epoch = loader.Epoch(0, cancelled.Token).GetEnumerator())
        {
            Assert.True(epoch.MoveNext());
            Assert.Throws<InvalidOperationException>(() => loader.Epoch(1).First());
            cancelled.Cancel();
            Assert.Throws<OperationCanceledException>(() =>
            {
                while (epoch.MoveNext())
                {
                }
            });
        }

        Assert.Equal(10, loader.Epoch(1).Count());
    }

    [Fact]
    public void Crowd_regions_are_no_objects_and_go_with_the_batch_unless_they_are_to_be_left_out()
    {
        LabeledBox<Road>[] objects = [new(Road.Car, new Box(1, 1, 9, 9), IsCrowd: true), new(Road.TrafficLight, new Box(2, 2, 12, 12))];
        var dataset = new InMemoryDataset<Road>("crowd", [(new RgbImage(64, 32), objects)]);
        using var loader = new DataLoader<Road>(dataset, Fixed, new LoaderOptions());
        var batch = loader.Epoch(0).Single();
        Assert.Equal([3], batch.ClassesOf(0).ToArray());
        Assert.Equal([2f, 2, 12, 12], batch.BoxesOf(0).ToArray());
        Assert.Equal([1f, 1, 9, 9], batch.RegionsOf(0).ToArray());
        Assert.Equal((2, 2), (batch.MaxBoxes, loader.MaxBoxes));
        Assert.Equal((1, 1, 1, 2), (dataset.Report.Objects, dataset.Report.Crowds, dataset.Report.MaxObjects, dataset.Report.MaxBoxes));

        using var without = new DataLoader<Road>(dataset, Fixed, new LoaderOptions { IgnoreCrowds = false });
        batch = without.Epoch(0).Single();
        Assert.Equal([2f, 2, 12, 12], batch.BoxesOf(0).ToArray());
        Assert.Empty(batch.RegionsOf(0).ToArray());
        Assert.Equal((1, 1), (batch.MaxBoxes, without.MaxBoxes));
    }

    [Fact]
    public void Options_out_of_range_are_named()
    {
        var error = Assert.ThrowsAny<ArgumentException>(() => new DataLoader<Road>(Boxes(1), Fixed, new LoaderOptions { BatchSize = 0 }));
        Assert.Contains("LoaderOptions.BatchSize: expected 1 … 4096, found 0", error.Message, StringComparison.Ordinal);
        error = Assert.ThrowsAny<ArgumentException>(() =>
            new DataLoader<Road>(Boxes(1), Fixed, new LoaderOptions { Augmentation = new() { HorizontalFlip = 1.5 } }));
        Assert.Contains("Augmentation.HorizontalFlip", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Images_stay_bytes_for_the_device_unless_they_are_larger_than_their_canvas()
    {
        // 64 · 32 · 3 floats take 24576 bytes: as many as 128 · 64 pixels.
        var images = new[] { new RgbImage(128, 64), new RgbImage(130, 64), new RgbImage(60, 30) };
        var dataset = new InMemoryDataset<Road>(
            "sizes", images.Select(i => (i, (IReadOnlyList<LabeledBox<Road>>)[new(Road.Car, new Box(1, 2, 30, 20))])));
        var options = new LoaderOptions { BatchSize = 3, Seed = 9, Augmentation = Everything };
        using var floats = new DataLoader<Road>(dataset, Fixed, options);
        using var bytes = new DataLoader<Road>(dataset, Fixed, options with { ResizeOnDevice = true });
        var (expected, actual) = (floats.Epoch(0).First(), bytes.Epoch(0).First());

        Assert.Same(images[0], actual.SourceOf(0));
        Assert.Null(actual.SourceOf(1));
        Assert.Same(images[2], actual.SourceOf(2));
        Assert.Equal(expected.PixelsOf(1), actual.PixelsOf(1));
        Assert.Equal(expected.Placements, actual.Placements);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(expected.BoxesOf(i), actual.BoxesOf(i));
        }

        var refused = Assert.Throws<InvalidOperationException>(() => actual.Pixels.Length);
        Assert.Contains("2 of 3 images", refused.Message, StringComparison.Ordinal);
    }

    private static string Fingerprint(LoaderOptions options, int epoch)
    {
        using var loader = new DataLoader<Road>(Boxes(18), Fixed, options);
        var hash = new HashCode();
        var text = "";
        foreach (var batch in loader.Epoch(epoch))
        {
            hash.AddBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(batch.Pixels));
            text += string.Join(",", batch.Indices.ToArray());
            for (var i = 0; i < batch.Count; i++)
            {
                text += $" {string.Join(",", batch.BoxesOf(i).ToArray())}";
            }
        }

        return $"{hash.ToHashCode()} {text}";
    }

    /// <summary>Black images, each with a white box that is its object.</summary>
    private static InMemoryDataset<Road> Boxes(int count)
    {
        var random = new SeededRandom(3);
        var images = new List<(RgbImage, IReadOnlyList<LabeledBox<Road>>)>();
        for (var i = 0; i < count; i++)
        {
            var image = new RgbImage(60 + random.NextInt32(9), 30 + random.NextInt32(9));
            var (x, y) = (random.NextInt32(30), random.NextInt32(10));
            var box = new Box(x, y, x + 10 + random.NextInt32(15), y + 8 + random.NextInt32(10));
            for (var row = (int)box.Y1; row < box.Y2; row++)
            {
                image.Row(row)[((int)box.X1 * 3)..((int)box.X2 * 3)].Fill(255);
            }

            images.Add((image, [new LabeledBox<Road>(Road.Car, box)]));
        }

        return new InMemoryDataset<Road>("boxes", images);
    }

    private static float[] BrightExtent(Batch batch, int image)
    {
        var (w, h) = (batch.Canvas.Width, batch.Canvas.Height);
        var pixels = batch.Pixels.Slice(image * w * h * 3, w * h * 3);
        float[] extent = [w, h, 0, 0];
        for (var y = 0; y < h; y++)
        {
            for (var x = 0; x < w; x++)
            {
                if (pixels[((y * w) + x) * 3] > 0.5f)
                {
                    extent = [Math.Min(extent[0], x), Math.Min(extent[1], y), Math.Max(extent[2], x + 1), Math.Max(extent[3], y + 1)];
                }
            }
        }

        return extent;
    }
}
