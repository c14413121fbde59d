namespace Fovea.Tests.Onnx;

/// <summary>What can be chosen, and what is refused.</summary>
public sealed class OptionTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly OddDetector odd = RandomWeights.Fill(OddDetector.Create(), 2);

    public void Dispose()
    {
        odd.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Floats_give_what_bytes_give()
    {
        RgbImage[] pictures = [Pictures.Make(100, 70, 1)];
        var canvas = new CanvasSize(96, 64);
        using var bytes = OrtModel.Of(odd, new() { Canvas = canvas });
        using var floats = OrtModel.Of(odd, new() { Canvas = canvas, Input = OnnxInput.Floats });
        var expected = bytes.Detect(Pictures.Batch(pictures), 1, 70, 100, 3)[0];
        Assert.True(expected.Length > 10);
        Same.Detections(expected, floats.Detect(Pictures.Floats(pictures), 1, 3, 70, 100)[0], 100);
    }

    [Fact]
    public void A_photograph_of_a_camera_is_resized_as_ours()
    {
        RgbImage[] pictures = [Pictures.Make(2500, 1801, 1)];
        var canvas = new CanvasSize(96, 64);
        using var model = OrtModel.Of(odd, new() { Canvas = canvas });
        var expected = Ours.Detect(odd, pictures, new CanvasFitter(odd.Description.Pixels, [canvas], null))[0];
        Assert.True(expected.Length > 10);
        Same.Detections(expected, model.Detect(Pictures.Batch(pictures), 1, 1801, 2500, 3)[0], 2500);
    }

    [Fact]
    public void Without_resizing_a_picture_lies_on_the_canvas_as_it_is()
    {
        // Two canvases are declared: both fit, and so does what is smaller than a multiple of 32.
        using var model = OrtModel.Of(odd, new() { Resize = false });
        foreach (var (width, height) in ((int, int)[])[(96, 64), (64, 64), (83, 41)])
        {
            RgbImage[] pictures = [Pictures.Make(width, height, 3), Pictures.Make(width, height, 4)];
            var found = model.Detect(Pictures.Batch(pictures), 2, height, width, 3);
            var placement = new ImagePlacement(width, height, width, height);
            using var session = odd.CreateSession(2, (height + 31) / 32 * 32, (width + 31) / 32 * 32);
            var ours = new RawDetection[session.MaxDetections];
            session.SetImage(0, pictures[0].Pixels, placement);
            session.SetImage(1, pictures[1].Pixels, placement);
            session.Run();
            for (var n = 0; n < 2; n++)
            {
                var count = session.ReadDetections(n, ours);
                Assert.True(count > 10);
                Same.Detections(ours[..count], found[n], 96);
            }
        }
    }

    [Fact]
    public void A_canvas_makes_a_variable_one_fixed()
    {
        using var detector = RandomWeights.Fill(Resnet34Detector.Create(), 4);
        var canvas = new CanvasSize(128, 64);
        using var model = OrtModel.Of(detector, new() { Canvas = canvas });
        RgbImage[] pictures = [Pictures.Make(150, 101, 1)];
        var expected = Ours.Detect(detector, pictures, new CanvasFitter(detector.Description.Pixels, [canvas], null));
        Assert.True(expected[0].Length > 10);
        Same.Detections(expected[0], model.Detect(Pictures.Batch(pictures), 1, 101, 150, 3)[0], 150);
    }

    [Theory]
    [InlineData(0.3, 0.5, 7)]
    [InlineData(0, 1, 100)]
    [InlineData(0.05, 0.3, 100)]
    public void What_counts_as_a_detection_can_be_chosen(double score, double iou, int most)
    {
        var options = new DetectOptions { ScoreThreshold = score, NmsIoU = iou, MaxDetections = most };
        var canvas = new CanvasSize(64, 64);
        using var model = OrtModel.Of(odd, new() { Canvas = canvas, Detections = options });
        RgbImage[] pictures = [Pictures.Make(64, 64, 5)];
        var expected = Ours.Detect(odd, pictures, new CanvasFitter(odd.Description.Pixels, [canvas], null), options)[0];
        var found = model.Detect(Pictures.Batch(pictures), 1, 64, 64, 3)[0];
        Assert.InRange(expected.Length, 5, most);
        Same.Detections(expected, found, 64);
        Assert.Equal(found.OrderByDescending(d => d.Score), found);
    }

    [Fact]
    public void A_picture_of_nothing_gives_nothing()
    {
        using var model = OrtModel.Of(odd, new() { Canvas = new(64, 64), Detections = new() { ScoreThreshold = 0.99999 } });
        Assert.All(model.Detect(new byte[2 * 64 * 64 * 3], 2, 64, 64, 3), Assert.Empty);
    }

    [Fact]
    public void Of_several_canvases_one_must_be_named_where_pictures_are_resized()
    {
        var problem = Assert.Throws<OnnxExportException>(() => OnnxExport.Save(odd, folder.File("x.onnx"))).Message;
        Assert.Contains("OddDetector: it declares the canvases 64×64, 96×64", problem, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void What_is_out_of_range_is_told()
    {
        Assert.Contains("100×64: expected multiples of 32", Refused(new() { Canvas = new(100, 64) }), StringComparison.Ordinal);
        Assert.Contains("0×64", Refused(new() { Canvas = new(0, 64) }), StringComparison.Ordinal);
        Assert.Contains("ScoreThreshold", Refused(new() { Canvas = new(64, 64), Detections = new() { ScoreThreshold = 2 } }), StringComparison.Ordinal);
        Assert.Contains("9", Refused(new() { Kind = (OnnxKind)9 }), StringComparison.Ordinal);

        string Refused(OnnxExportOptions options) => Assert.Throws<ArgumentException>(() => OnnxExport.Save(odd, Stream.Null, options)).Message;
    }

    [Fact]
    public void More_than_two_gigabytes_are_refused_before_anything_is_read()
    {
        var wide = odd.Description with
        {
            Tensors = [.. odd.Description.Tensors, .. Enumerable.Repeat(odd.Description.Tensors[0] with { Shape = [4096, 4096, 3, 3] }, 4)],
        };
        var problem = Assert.Throws<OnnxExportException>(() => Fovea.Onnx.Export.ExportPlan.Of(wide, new() { Canvas = new(64, 64) })).Message;
        Assert.Contains("at most 2 GB", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_cannot_be_written_leaves_the_old_one()
    {
        var path = folder.Write("x.onnx", "old");
        Directory.CreateDirectory(path + ".partial");
        Assert.Contains(
            "could not be saved",
            Assert.Throws<OnnxExportException>(() => OnnxExport.Save(odd, path, new() { Canvas = new(64, 64) })).Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(path));
    }
}
