namespace Fovea.Tests.Onnx;

/// <summary>ONNX Runtime computes from an exported file what the detector does.</summary>
public class AgreementTests
{
    private static readonly Dictionary<string, Func<Detector>> Makers = new()
    {
        ["R18"] = () => Resnet18Detector.Create(),
        ["R34"] = () => Resnet34Detector.Create(),
        ["R50 v2"] = () => Resnet50V2Detector.Create(),
        ["R50 Detectron2"] = () => Detectron2Detector.Create(),
        ["R101"] = () => Resnet101Detector.Create(),
        ["X50"] = () => Resnext50Detector.Create(),
        ["odd"] = () => OddDetector.Create(),
        ["one level"] = () => OneLevelDetector.Create(),
    };

    public static TheoryData<string> Names => [.. Makers.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Heads_and_detections_are_the_same(string name)
    {
        using var detector = RandomWeights.Fill(Makers[name](), seed: 7);
        Heads(detector);
        CompleteDetector(detector);
    }

    private static void Heads(Detector detector)
    {
        using var model = OrtModel.Of(detector, new() { Kind = OnnxKind.Raw });
        var size = detector.Description.InputSizes.LastOrDefault(new CanvasSize(160, 96));
        var random = new Random(3);
        foreach (var images in (int[])[2, 1])
        {
            var input = Enumerable.Range(0, images * 3 * size.Width * size.Height)
                .Select(_ => (float)(random.NextDouble() - 0.5) * (detector.Description.Pixels.Scale > 1 ? 200 : 4)).ToArray();
            var found = model.Run("input", input, images, 3, size.Height, size.Width);
            var (logits, deltas) = Ours.Heads(detector, input, images, size.Height, size.Width);
            var anchors = deltas.Length / 4 / images;
            Assert.Equal([images, anchors, 4], found["logits"].Dimensions.ToArray());
            Assert.Equal([images, anchors, 4], found["deltas"].Dimensions.ToArray());
            Same.Values("logits", logits, found["logits"].ToArray());
            Same.Values("deltas", deltas, found["deltas"].ToArray());
        }
    }

    private static void CompleteDetector(Detector detector)
    {
        var sizes = detector.Description.InputSizes;
        var canvas = sizes.Length > 1 ? sizes[1] : (CanvasSize?)null;
        var fitter = canvas is { } one ? new CanvasFitter(detector.Description.Pixels, [one], null) : null;
        using var model = OrtModel.Of(detector, new() { Canvas = canvas });

        // Wider and higher than the canvas, and smaller.
        foreach (var (width, height) in ((int, int)[])[(213, 117), (90, 171), (50, 40)])
        {
            RgbImage[] pictures = [Pictures.Make(width, height, 1), Pictures.Make(width, height, 2)];
            var expected = Ours.Detect(detector, pictures, fitter);
            var found = model.Detect(Pictures.Batch(pictures), 2, height, width, 3);
            for (var n = 0; n < 2; n++)
            {
                Assert.True(expected[n].Length >= 10, $"only {expected[n].Length} detections to compare");
                Assert.True(expected[n].Select(d => d.Channel).Distinct().Count() > 1);
                Same.Detections(expected[n], found[n], Math.Max(width, height));
            }
        }
    }
}
