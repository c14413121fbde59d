using Fovea.EndToEnd.Goldens;
using Fovea.Tests.Data;
using Xunit.Abstractions;

namespace Fovea.EndToEnd.Pretrained;

/// <summary>
/// The weights of Microsoft.ML.DnnImageFeaturizer.ResNet18 in a declared detector, on photographs: ONNX Runtime, which runs the package's
/// file, sees the same maps.
/// </summary>
public sealed class MicrosoftBackboneTests(ITestOutputHelper output)
{
    /// <summary>What the file calls C3, C4 and C5.</summary>
    private static readonly (string Ours, string Theirs, int Margin)[] Layers =
    [
        // A cell of C5 sees 281 pixels to each side, one of C4 105, one of C3 49: so many cells from the border none sees over it.
        ("C3", "ReLU315_Output_0", 7), ("C4", "ReLU347_Output_0", 7), ("C5", "ReLU393_Output_0", 9),
    ];

    [SkippableTheory]
    [InlineData("astronaut.png", "NormStatistics = NormStatistics.Batch")]
    [InlineData("coffee.png", "NormStatistics = NormStatistics.Running")]
    [InlineData("rocket.jpg", "Norm = Norm.FrozenBatchNorm, FrozenStages = 2")]
    public void Photographs_look_the_same_as_to_ONNX_Runtime(string photograph, string backbone)
    {
        const int Size = 768;
        var picture = TestData.Require("real-images", photograph);
        var (weights, preprocessing) = Files();
        using var detector = Declared(backbone);
        var report = detector.LoadPretrained();
        var pixels = Square(ImageFile.Decode(picture), Size);
        var convention = OnnxPreprocessing.Read(preprocessing);
        var expected = OnnxRun.ByOnnxRuntime(
            Widened(File.ReadAllBytes(weights), Size), OnnxRun.Normalized(pixels, convention), [.. Layers.Select(l => l.Theirs)]);
        var actual = OnnxRun.ByDetector(detector, pixels, [.. Layers.Select(l => l.Ours)]);

        foreach (var (ours, theirs, margin) in Layers)
        {
            output.WriteLine(FormattableString.Invariant(
                $"{ours}: {actual[ours].DifferenceFrom(expected[theirs], margin):E1} within, {actual[ours].DifferenceFrom(expected[theirs]):E1} with the border"));
        }

        // 22 convolutions and their norms.
        Assert.Equal(22 * 5, report.Loaded);
        Assert.All(Layers, l => Assert.InRange(actual[l.Ours].DifferenceFrom(expected[l.Theirs], l.Margin), 0, 1e-4));

        // Padding is a shade of half of one of 255 apart: it stays small everywhere.
        Assert.All(Layers, l => Assert.InRange(actual[l.Ours].DifferenceFrom(expected[l.Theirs]), 0, 2e-2));
    }

    [SkippableFact]
    public void The_files_convention_is_blue_first_minus_its_mean_image()
    {
        var pixels = OnnxPreprocessing.Read(Files().Preprocessing);
        Assert.True(pixels.Bgr);
        Assert.Equal(255, pixels.Scale);
        Assert.Equal([1f, 1, 1], pixels.Std);
        Assert.Equal([103.06, 115.90, 123.15], pixels.Mean.Select(m => Math.Round(m, 2)));
    }

    [SkippableFact]
    public void All_else_has_the_first_weights_of_its_seed()
    {
        _ = Files();
        using var detector = Declared("NormStatistics = NormStatistics.Batch");
        using var first = Declared("NormStatistics = NormStatistics.Batch");
        var report = detector.LoadPretrained();
        Assert.NotEmpty(report.Initialized);
        Assert.All(report.Initialized, t => Assert.Equal(first.ReadTensor(t.Name), detector.ReadTensor(t.Name)));
        Assert.DoesNotContain(report.Initialized, t => t.Name.StartsWith("backbone.body.", StringComparison.Ordinal));
    }

    [SkippableFact]
    public void Another_backbone_does_not_take_them()
    {
        var (weights, _) = Files();
        using var detector = CompiledModel.Create(Source("ResNet18", ""), "Goldens.GoldenModel");
        var error = Assert.Throws<CheckpointException>(() => detector.LoadPretrained());
        Assert.Contains("there is no package of weights for ResNet18: expected Backbone.ResNet18MicrosoftML", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<CheckpointException>(() => detector.LoadWeights(weights, new LoadOptions { Rule = LoadRule.BackboneOnly }));
        Assert.Contains("basic blocks [2, 2, 2, 2] of width 64), found basic blocks [2, 2, 2, 3] of width 64", error.Message, StringComparison.Ordinal);
    }

    private static (string Weights, string Preprocessing) Files()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "DnnImageModels");
        Skip.IfNot(Directory.Exists(folder), $"No {folder}: the package Microsoft.ML.DnnImageFeaturizer.ResNet18 was not restored.");
        return (Path.Combine(folder, "ResNet18Onnx", "ResNet18.onnx"), Path.Combine(folder, "ResNetPrepOnnx", "ResNetPreprocess.onnx"));
    }

    private static Detector Declared(string backbone) => CompiledModel.Create(Source("ResNet18MicrosoftML", $"[Backbone({backbone})]"), "Goldens.GoldenModel");

    private static string Source(string backbone, string attribute) =>
        $$"""
        using Fovea;
        namespace Goldens;
        [RetinaNet<Label>(Backbone.{{backbone}})]
        {{attribute}}
        [Pyramid(Channels = 16)]
        [Head(Depth = 1, Width = 16)]
        public partial class GoldenModel;
        public enum Label { Thing }
        """;

    /// <summary>The picture stretched to a square, the nearest pixel for each, [3, size, size] in [0, 1].</summary>
    private static float[] Square(RgbImage image, int size)
    {
        var pixels = new float[3 * size * size];
        for (var i = 0; i < pixels.Length; i++)
        {
            var (c, (y, x)) = (i / (size * size), Math.DivRem(i % (size * size), size));
            pixels[i] = image.Pixels[((((y * image.Height / size) * image.Width) + (x * image.Width / size)) * 3) + c] / 255f;
        }

        return pixels;
    }

    /// <summary>
    /// The model for larger pictures, whose layers are outputs too. Both are changes of a few bytes: dimensions stand as numbers of two
    /// bytes in the input's shape, and a second GraphProto behind the first one continues it, as protocol buffers say.
    /// </summary>
    private static byte[] Widened(byte[] model, int size)
    {
        byte[] shape = [0x0A, 0x02, 0x08, 0x03, 0x0A, 0x03, 0x08, 0xE0, 0x01, 0x0A, 0x03, 0x08, 0xE0, 0x01];
        var at = model.AsSpan().LastIndexOf(shape);
        Assert.True(at > 0 && size is > 127 and < 16384);
        foreach (var place in (int[])[at + 7, at + 12])
        {
            model[place] = (byte)(size & 127 | 128);
            model[place + 1] = (byte)(size >> 7);
        }

        var outputs = Layers.SelectMany(l => OnnxWriter.Message((12, OnnxWriter.Message((1, l.Theirs))))).ToArray();
        return [.. model, .. OnnxWriter.Message((7, outputs))];
    }
}
