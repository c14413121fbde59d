namespace Fovea.Tests.Model;

public class TileTests
{
    private static readonly RgbImage Picture = Noise(200, 150);

    [Theory]
    [InlineData(0)]
    [InlineData(0.2)]
    [InlineData(0.5)]
    public void Tiles_find_what_detecting_in_cut_out_pictures_and_merging_by_hand_finds(double overlap)
    {
        using var detector = ToyDetector.Create(5).Excited();
        var found = detector.DetectTiles(Picture, new TileOptions { Width = 64, Height = 64, Overlap = overlap, WholePicture = false });

        var all = new List<(Detection<ToyClass> Detection, bool IsCut)>();
        var step = (int)(64 * (1 - overlap));
        foreach (var y in Starts(Picture.Height, step))
        {
            foreach (var x in Starts(Picture.Width, step))
            {
                all.AddRange(detector.Detect(CutOut(x, y)).Select(d => (
                    d with { Box = new Box(d.Box.X1 + x, d.Box.Y1 + y, d.Box.X2 + x, d.Box.Y2 + y) },
                    (x > 0 && d.Box.X1 < 8) || (y > 0 && d.Box.Y1 < 8)
                    || (x + 64 < Picture.Width && d.Box.X2 > 56) || (y + 64 < Picture.Height && d.Box.Y2 > 56))));
            }
        }

        var kept = new List<Detection<ToyClass>>();
        foreach (var (d, isCut) in all.OrderBy(a => a.IsCut).ThenByDescending(a => a.Detection.Score))
        {
            if (!kept.Exists(k => k.Class == d.Class && (k.Box.IoU(d.Box) > 0.5f || (isCut && Covered(d.Box, k.Box) > 0.5 * d.Box.Area))))
            {
                kept.Add(d);
            }
        }

        Assert.NotEmpty(found);
        Assert.True(all.Count > kept.Count);
        Assert.Equal(kept.OrderByDescending(d => d.Score), found);
    }

    [Fact]
    public void A_picture_of_one_tile_is_detected_once_and_as_ever()
    {
        using var detector = ToyDetector.Create(5).Excited();
        var small = CutOut(3, 5);
        var steps = new List<TileProgress>();
        Assert.Equal(detector.Detect(small), detector.DetectTiles(small, progress: new Told(steps.Add)));
        Assert.Equal([new TileProgress(1, 1)], steps);
    }

    [Fact]
    public void The_whole_picture_adds_what_is_larger_than_the_overlap_and_nothing_else()
    {
        using var detector = ToyDetector.Create(5).Excited();
        var options = new TileOptions { Overlap = 0.25 };
        var tiles = detector.DetectTiles(Picture, options with { WholePicture = false });
        var both = detector.DetectTiles(Picture, options);
        var whole = detector.Detect(Picture);
        Assert.All(both, d => Assert.True(
            tiles.Contains(d) || (whole.Contains(d) && (d.Box.Width >= 16 || d.Box.Height >= 16)), d.ToString()));
        Assert.Contains(both, d => !tiles.Contains(d));
    }

    [Fact]
    public async Task Batches_formats_strides_files_and_tasks_change_nothing()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(5).Excited();
        var expected = detector.DetectTiles(Picture);
        foreach (var size in (int[])[2, 5, 100])
        {
            Assert.Equal(expected, detector.DetectTiles(Picture, new TileOptions { BatchSize = size }));
        }

        var stride = (Picture.Width * 4) + 12;
        var padded = new byte[stride * Picture.Height];
        for (var y = 0; y < Picture.Height; y++)
        {
            for (var x = 0; x < Picture.Width; x++)
            {
                var pixel = Picture[x, y];
                (padded[(y * stride) + (x * 4)], padded[(y * stride) + (x * 4) + 1], padded[(y * stride) + (x * 4) + 2]) = (pixel[2], pixel[1], pixel[0]);
            }
        }

        Assert.Equal(expected, detector.DetectTiles(padded, Picture.Width, Picture.Height, PixelFormat.Bgra, stride));
        ImageFile.SavePng(Picture, folder.File("picture.png"));
        Assert.Equal(expected, detector.DetectTiles(folder.File("picture.png")));
        Assert.Equal(expected, await detector.DetectTilesAsync(folder.File("picture.png")));
        Assert.Equal(expected, await detector.DetectTilesAsync(Picture));
    }

    [Fact]
    public void Limits_are_those_of_a_tile_and_of_the_picture()
    {
        using var detector = ToyDetector.Create(5).Excited();
        var all = detector.DetectTiles(Picture);
        Assert.True(all.Count > detector.MaxDetections / 10);
        Assert.Equal(all.Take(3), detector.DetectTiles(Picture, new TileOptions { MaxDetections = 3 }));
        var tiles = Starts(Picture.Width, 51).Length * Starts(Picture.Height, 51).Length;
        Assert.InRange(detector.DetectTiles(Picture, options: new() { MaxDetections = 1 }).Count, 2, tiles + 1);
        Assert.All(detector.DetectTiles(Picture, options: new() { ScoreThreshold = all[5].Score }), d => Assert.True(d.Score > all[5].Score));
    }

    [Fact]
    public void Tiles_of_another_size_than_the_canvass_are_resized_to_it()
    {
        using var detector = ToyDetector.Create(5).Excited();
        var steps = new List<TileProgress>();
        var found = detector.DetectTiles(
            Picture, new TileOptions { Width = 100, Height = 100, Overlap = 0, WholePicture = false }, progress: new Told(steps.Add));
        Assert.Equal(new TileProgress(4, 4), steps[^1]);
        Assert.Contains(found, d => d.Box.X1 >= 100 && d.Box.Y2 > 100);
    }

    [Fact]
    public async Task A_cancelled_detection_ends_between_tiles()
    {
        using var detector = ToyDetector.Create(5).Excited();
        using var source = new CancellationTokenSource();
        var steps = new List<TileProgress>();
        var report = new Told(p =>
        {
            steps.Add(p);
            source.Cancel();
        });
        Assert.Throws<OperationCanceledException>(() => detector.DetectTiles(Picture, progress: report, cancellationToken: source.Token));
        Assert.Single(steps);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => detector.DetectTilesAsync(Picture, cancellationToken: source.Token));
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        using var detector = ToyDetector.Create(5);
        (TileOptions Options, string Name)[] cases =
        [
            (new() { Width = -1 }, "Width"), (new() { Height = -1 }, "Height"), (new() { Overlap = -0.1 }, "Overlap"),
            (new() { Overlap = 0.6 }, "Overlap"), (new() { Overlap = double.NaN }, "Overlap"), (new() { BatchSize = 0 }, "BatchSize"),
            (new() { MaxDetections = -1 }, "MaxDetections"),
        ];
        foreach (var (options, name) in cases)
        {
            Assert.Equal(name, Assert.Throws<ArgumentOutOfRangeException>(() => detector.DetectTiles(Picture, options)).ParamName);
        }

        Assert.Throws<ArgumentException>(() => detector.DetectTiles(Picture, options: new() { ScoreThreshold = 2 }));
        Assert.Throws<ArgumentException>(() => detector.DetectTiles(new byte[5], 2, 2));
        detector.Dispose();
        Assert.Throws<ObjectDisposedException>(() => detector.DetectTiles(Picture));
    }

    private static int[] Starts(int length, int step)
    {
        var gaps = (int)Math.Ceiling((length - 64) / (double)step);
        return [.. Enumerable.Range(0, gaps + 1).Select(i => (int)Math.Floor(i * (length - 64.0) / gaps))];
    }

    private static double Covered(Box box, Box by) =>
        Math.Max(0, Math.Min(box.X2, by.X2) - Math.Max(box.X1, by.X1)) * Math.Max(0, Math.Min(box.Y2, by.Y2) - Math.Max(box.Y1, by.Y1));

    private static RgbImage CutOut(int left, int top)
    {
        var image = new RgbImage(64, 64);
        for (var y = 0; y < 64; y++)
        {
            for (var x = 0; x < 64; x++)
            {
                Picture[left + x, top + y].CopyTo(image[x, y]);
            }
        }

        return image;
    }

    private static RgbImage Noise(int width, int height)
    {
        var image = new RgbImage(width, height);
        new Random(1).NextBytes(image.Pixels);
        return image;
    }

    private sealed class Told(Action<TileProgress> told) : IProgress<TileProgress>
    {
        public void Report(TileProgress value) => told(value);
    }
}
