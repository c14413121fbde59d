using Fovea.EndToEnd.Goldens;

namespace Fovea.EndToEnd.Pretrained;

/// <summary>A ResNet of an ONNX file as a backbone: ONNX Runtime, which reads and computes by itself, sees the same maps.</summary>
public sealed class OnnxBackboneTests
{
    private const int Size = 64;
    private const string Basic = "Block = ResidualBlock.Basic, StageBlocks = new[] { 1, 2, 1, 1 }, BaseWidth = 8";

    /// <summary>Another convention with the same mean: padding means the same then, and nothing differs at the border.</summary>
    private static readonly PixelNormalization Bytes = new(
        [0.406f * 255, 0.456f * 255, 0.485f * 255], [1, 2, 0.5f], Bgr: true, Scale: 255);

    [Theory]
    [InlineData(FileNorm.Batch, "Norm = Norm.BatchNorm")]
    [InlineData(FileNorm.Batch, "Norm = Norm.FrozenBatchNorm")]
    [InlineData(FileNorm.Batch, "NormStatistics = NormStatistics.Running")]
    [InlineData(FileNorm.Folded, "Norm = Norm.BatchNorm")]
    [InlineData(FileNorm.Folded, "Norm = Norm.FrozenBatchNorm")]
    [InlineData(FileNorm.BatchAndScale, "Norm = Norm.BatchNorm")]
    [InlineData(FileNorm.Scale, "Norm = Norm.FrozenBatchNorm")]
    [InlineData(FileNorm.ScaleAndBatch, "Norm = Norm.BatchNorm")]
    public void Norms_of_every_kind_come_out_the_same(FileNorm norm, string declared)
    {
        var file = new ResNetFile { StageBlocks = [1, 2, 1, 1], Norm = norm, Epsilon = 1e-3f, PadsLess = true, HasIdentities = true };
        using var detector = Declared($"{Basic}, {declared}");
        AssertSame(detector, file.Write(), Bytes);
    }

    [Theory]
    [InlineData(TensorForm.Packed)]
    [InlineData(TensorForm.Unpacked)]
    public void Elements_are_read_in_every_form(TensorForm form)
    {
        using var detector = Declared(Basic);
        AssertSame(detector, new ResNetFile { StageBlocks = [1, 2, 1, 1] }.Write(new OnnxWriter { Form = form }), PixelNormalization.ImageNet);
    }

    [Theory]
    [InlineData(TensorForm.Doubles, 0)]
    [InlineData(TensorForm.Half, 1e-3)]
    [InlineData(TensorForm.HalfIntegers, 1e-3)]
    [InlineData(TensorForm.BFloat16, 1e-2)]
    public void Elements_of_other_widths_are_the_same_numbers_rounded(TensorForm form, double tolerance)
    {
        // ONNX Runtime does not convolve in all of these: the weights are compared with those of a file of singles.
        var file = new ResNetFile { StageBlocks = [1, 2, 1, 1] };
        using var expected = Declared(Basic);
        using var actual = Declared(Basic);
        expected.LoadWeights(file.Write(), Backbone(PixelNormalization.ImageNet));
        actual.LoadWeights(file.Write(new OnnxWriter { Form = form }), Backbone(PixelNormalization.ImageNet));
        foreach (var key in Keys(expected))
        {
            var (e, a) = (expected.ReadTensor(key), actual.ReadTensor(key));
            Assert.All(e.Zip(a), pair => Assert.Equal(pair.First, pair.Second, tolerance * (1 + Math.Abs(pair.First))));
        }
    }

    [Theory]
    [InlineData(1, 64)]
    [InlineData(4, 64)]
    public void Bottlenecks_and_groups_are_found(int groups, int widthPerGroup)
    {
        var file = new ResNetFile { IsBottleneck = true, Groups = groups, Width = 8, StageBlocks = [2, 1, 1, 2] };
        using var detector = Declared(
            $"Block = ResidualBlock.Bottleneck, StageBlocks = new[] {{ 2, 1, 1, 2 }}, BaseWidth = 8, Groups = {groups}, WidthPerGroup = {widthPerGroup / groups}");
        AssertSame(detector, file.Write(), Bytes);
    }

    [Fact]
    public void What_the_graph_does_to_pixels_is_folded_too()
    {
        var file = new ResNetFile
        {
            StageBlocks = [1, 2, 1, 1],
            Preprocess = (writer, pixels) =>
            {
                writer.Node("Split", [pixels], ["r", "g", "b"], ("axis", 1L));
                var y = writer.Node("Concat", ["b", "g", "r"], ("axis", 1L));
                y = writer.Node("Sub", [y, writer.Tensor([3, 1, 1], [0.406f * 255, 0.456f * 255, 0.485f * 255])]);
                y = writer.Node("Div", [y, writer.Tensor([1, 3, 1, 1], [50, 60, 70])]);
                return writer.Node("Mul", [writer.Tensor([], [1.5f]), y]);
            },
        };
        using var detector = Declared(Basic);
        AssertSame(detector, file.Write(), new PixelNormalization([0, 0, 0], [1, 1, 1], false, 255));

        var error = Assert.Throws<CheckpointException>(() => detector.LoadWeights(file.Write(), Backbone(null)));
        Assert.Contains("give LoadOptions.Pixels", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_mean_is_exact_where_no_window_reaches_the_border()
    {
        // Black is 0: padding is black there, and the mean here.
        var black = new PixelNormalization([0, 0, 0], [1, 1, 1], false, 1);
        var file = new ResNetFile { StageBlocks = [1, 2, 1, 1] }.Write();
        using var detector = Declared(Basic);
        detector.LoadWeights(file, Backbone(black));
        var pixels = OnnxRun.Pixels(256);
        var expected = OnnxRun.ByOnnxRuntime(file, OnnxRun.Normalized(pixels, black), "C2", "C3");
        var actual = OnnxRun.ByDetector(detector, pixels, "C2", "C3");

        // A cell of C2 sees 21 pixels to each side, one of C3 41.
        Assert.InRange(actual["C2"].DifferenceFrom(expected["C2"], margin: 7), 0, 1e-5);
        Assert.InRange(actual["C3"].DifferenceFrom(expected["C3"], margin: 8), 0, 1e-5);
        Assert.InRange(actual["C2"].DifferenceFrom(expected["C2"]), 1e-3, 10);
    }

    [Fact]
    public void Weights_in_a_file_beside_it_are_read_and_from_nowhere_else()
    {
        using var folder = new TempFolder();
        using var detector = Declared(Basic);
        var path = Write(folder, "weights.bin", content => content);
        AssertSame(detector, new ResNetFile { StageBlocks = [1, 2, 1, 1] }.Write(), Bytes, load: () => detector.LoadWeights(path, Backbone(Bytes)));

        Refuses("expected the name of a file beside the model", () => detector.LoadWeights(Write(folder, "../weights.bin", content => content), Backbone(Bytes)));
        Refuses("expected the name of a file beside the model", () => detector.LoadWeights(Write(folder, "", content => content), Backbone(Bytes)));
        Refuses("it is cut off, or of another model", () => detector.LoadWeights(Write(folder, "short.bin", content => content[..1000]), Backbone(Bytes)));
        Refuses("cannot be opened", () => detector.LoadWeights(Write(folder, "missing.bin", _ => null), Backbone(Bytes)));
        Refuses("load the model by its path", () => detector.LoadWeights(File.ReadAllBytes(path), Backbone(Bytes)));
        File.CreateSymbolicLink(folder.File("link.bin"), folder.File("weights.bin"));
        Refuses("found a link", () => detector.LoadWeights(Write(folder, "link.bin", _ => null), Backbone(Bytes)));
    }

    [Theory]
    [InlineData("average", "expected a MaxPool behind the first convolution")]
    [InlineData("no activation", "expected Relu behind it")]
    [InlineData("moved padding", "it would see every picture moved by a pixel")]
    [InlineData("computed weights", "quantised models cannot be read")]
    [InlineData("early stride", "with the stride in the 3×3 of a bottleneck")]
    public void Networks_that_compute_something_else_are_refused(string fault, string expected)
    {
        using var detector = Declared("Block = ResidualBlock.Bottleneck, StageBlocks = new[] { 1, 1, 1, 1 }, BaseWidth = 8");
        var old = Keys(detector).Select(detector.ReadTensor).ToArray();
        Refuses(expected, () => detector.LoadWeights(new ResNetFile { IsBottleneck = true, Fault = fault }.Write(), Backbone(Bytes)));
        Assert.Equal(old, Keys(detector).Select(detector.ReadTensor));
    }

    [Fact]
    public void A_backbone_of_another_shape_is_told_with_both_shapes()
    {
        using var detector = Declared(Basic);
        Refuses(
            "expected the backbone of GoldenModel (Custom, basic blocks [1, 2, 1, 1] of width 8), found basic blocks [1, 1, 1, 1] of width 8",
            () => detector.LoadWeights(new ResNetFile().Write(), Backbone(Bytes)));
        Refuses("found bottlenecks [1, 2, 1, 1] of width 8", () =>
            detector.LoadWeights(new ResNetFile { IsBottleneck = true, StageBlocks = [1, 2, 1, 1] }.Write(), Backbone(Bytes)));
        Refuses("found basic blocks [1, 2, 1, 1] of width 4", () =>
            detector.LoadWeights(new ResNetFile { Width = 4, StageBlocks = [1, 2, 1, 1] }.Write(), Backbone(Bytes)));
        Refuses("LoadRule.BackboneOnly (--load backbone)", () => detector.LoadWeights(new ResNetFile { StageBlocks = [1, 2, 1, 1] }.Write()));
        using var groups = Declared(Basic + ", Norm = Norm.GroupNorm, NormGroups = 4");
        Refuses("has group norms", () => groups.LoadWeights(new ResNetFile { StageBlocks = [1, 2, 1, 1] }.Write(), Backbone(Bytes)));
    }

    [Fact]
    public void What_is_assumed_is_told()
    {
        using var detector = Declared(Basic);
        var warnings = new Warnings();
        detector.LoadWeights(new ResNetFile { StageBlocks = [1, 2, 1, 1], Norm = FileNorm.Folded }.Write(), Backbone(null) with { Warnings = warnings });
        Assert.Contains(warnings.Lines, line => line.Contains("taken as torchvision's", StringComparison.Ordinal));
        Assert.Contains(warnings.Lines, line => line.Contains("norms are folded into the convolutions", StringComparison.Ordinal));
    }

    [Fact]
    public void Preprocessing_is_read_from_a_model_of_its_own()
    {
        using var folder = new TempFolder();
        var writer = new OnnxWriter();
        writer.Input("in", 1, 3, 2, 2);
        var y = writer.Node("Gather", ["in", writer.Integers(2, 1, -3)], ("axis", 1L));
        y = writer.Node("Sub", [y, writer.Tensor([1, 3, 2, 2], [1, 2, 3, 4, 10, 10, 10, 10, 5, 5, 7, 7])]);
        writer.Node("Mul", [y, writer.Tensor([3, 1, 1], [0.5f, 0.25f, 2])]);
        File.WriteAllBytes(folder.File("prep.onnx"), writer.ToArray());
        var pixels = OnnxPreprocessing.Read(folder.File("prep.onnx"));
        Assert.Equal((true, 255f), (pixels.Bgr, pixels.Scale));
        Assert.Equal([2.5f, 10, 6], pixels.Mean);
        Assert.Equal([2f, 4, 0.5f], pixels.Std);
    }

    private static Detector Declared(string backbone) => CompiledModel.Create(
        $$"""
        using Fovea;
        namespace Goldens;
        [RetinaNet<Label>(Backbone.Custom)]
        [Backbone({{backbone}})]
        [Pyramid(Channels = 8)]
        [Head(Depth = 1, Width = 8)]
        public partial class GoldenModel;
        public enum Label { Thing }
        """,
        "Goldens.GoldenModel");

    private static LoadOptions Backbone(PixelNormalization? pixels) => new() { Rule = LoadRule.BackboneOnly, Pixels = pixels, Warnings = new Warnings() };

    private static string[] Keys(Detector detector) =>
        [.. detector.Description.Tensors.Select(t => t.Key).Where(k => k.StartsWith("backbone.body.", StringComparison.Ordinal))];

    private static void AssertSame(Detector detector, byte[] file, PixelNormalization convention, Func<LoadReport>? load = null)
    {
        var report = (load ?? (() => detector.LoadWeights(file, Backbone(convention))))();
        Assert.Equal(Keys(detector).Length, report.Loaded);
        string[] layers = ["C2", "C3", "C4", "C5"];
        var pixels = OnnxRun.Pixels(Size);
        var expected = OnnxRun.ByOnnxRuntime(file, OnnxRun.Normalized(pixels, convention), layers);
        var actual = OnnxRun.ByDetector(detector, pixels, layers);
        Assert.All(layers, layer => Assert.InRange(actual[layer].DifferenceFrom(expected[layer]), 0, 2e-5));
    }

    private static void Refuses(string expected, Action load) =>
        Assert.Contains(expected, Assert.Throws<CheckpointException>(load).Message, StringComparison.Ordinal);

    private static string Write(TempFolder folder, string location, Func<byte[], byte[]?> content)
    {
        var writer = new OnnxWriter { Location = location };
        var path = folder.File("model.onnx");
        File.WriteAllBytes(path, new ResNetFile { StageBlocks = [1, 2, 1, 1] }.Write(writer));
        if (!location.Contains('/', StringComparison.Ordinal) && location.Length > 0 && content(writer.Beside.ToArray()) is { } bytes)
        {
            File.WriteAllBytes(folder.File(location), bytes);
        }

        return path;
    }
}

/// <summary>What was told.</summary>
internal sealed class Warnings : IProgress<string>
{
    public List<string> Lines { get; } = [];

    public void Report(string value) => Lines.Add(value);
}
