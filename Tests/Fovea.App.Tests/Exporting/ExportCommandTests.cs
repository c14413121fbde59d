using Fovea.App.Exporting;
using Fovea.Onnx.Format;
using Fovea.Tiny;

namespace Fovea.Tests.App.Exporting;

/// <summary><c>export</c>: which file it writes, and which options it refuses.</summary>
public sealed class ExportCommandTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly TileDetector detector = TileDetector.Create(seed: 1, new DetectorOptions { Device = Device.Cpu });

    public ExportCommandTests() => detector.Save(folder.File("w.safetensors"));

    public void Dispose()
    {
        detector.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task The_files_name_decides_the_form_and_an_option_wins_over_it()
    {
        Assert.Equal(0, await Run("--out", folder.File("a.safetensors")));
        Assert.Equal(File.ReadAllBytes(folder.File("w.safetensors")), File.ReadAllBytes(folder.File("a.safetensors")));
        Assert.Equal(0, await Run("--out", folder.File("a.PTH")));
        Assert.Equal("PK"u8.ToArray(), File.ReadAllBytes(folder.File("a.PTH"))[..2]);
        Assert.Equal(0, await Run("--out", folder.File("a.bin"), "--format", "torch"));
        Assert.Equal(File.ReadAllBytes(folder.File("a.PTH")), File.ReadAllBytes(folder.File("a.bin")));
        Assert.Equal(0, await Run("--out", folder.File("sub/a.onnx")));
        Assert.Equal(["boxes", "scores", "labels", "num_detections"], Read("sub/a.onnx").Graph.Output.Select(o => o.Name));
        Assert.Equal(1, await Run("--out", folder.File("a.bin")));
        Assert.Equal(2, await Run());
    }

    [Fact]
    public async Task Options_of_onnx_reach_the_file()
    {
        Assert.Equal(0, await Run("--out", folder.File("raw.onnx"), "--kind", "raw", "--canvas", "96x64"));
        Assert.Equal(["batch", "3", "64", "96"], Shape(Read("raw.onnx").Graph.Input[0]));
        Assert.Equal(0, await Run("--out", folder.File("x.onnx"), "--input", "floats", "--no-resize", "--score", "0.3", "--max", "7"));
        Assert.Equal(["batch", "3", "64", "64"], Shape(Read("x.onnx").Graph.Input[0]));
        var rule = Read("x.onnx").MetadataProps.Single(m => m.Key == "fovea.post_processing").Value;
        Assert.Contains("\"score_threshold\":0.3,", rule, StringComparison.Ordinal);
        Assert.Contains("\"max_detections\":7}", rule, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x.pth", "--kind", "raw")]
    [InlineData("x.pth", "--score", "0.3")]
    [InlineData("x.safetensors", "--canvas", "64x64")]
    [InlineData("x.onnx", "--kind", "raw", "--score", "0.3")]
    [InlineData("x.onnx", "--kind", "raw", "--no-resize")]
    [InlineData("x.onnx", "--canvas", "64")]
    [InlineData("x.onnx", "--canvas", "100x64")]
    [InlineData("x.onnx", "--score", "1.5")]
    public async Task What_would_do_nothing_or_is_out_of_range_is_refused_and_nothing_is_written(string name, params string[] options)
    {
        Assert.Equal(1, await Run(["--out", folder.File(name), .. options]));
        Assert.False(File.Exists(folder.File(name)));
    }

    [Fact]
    public void What_was_written_is_told_with_what_goes_in_and_comes_out()
    {
        var file = folder.File("x.onnx");
        OnnxExport.Save(detector, file);
        var lines = Exporter.Describe(detector, file, ExportFormat.Onnx, new()).ToArray();
        Assert.Matches(@"^wrote .*x\.onnx \(\d+\.\d MB, opset 17\)$", lines[0]);
        Assert.Contains("uint8 [N, H, W, 3]   red first, of any size", lines[1], StringComparison.Ordinal);
        var outputs = Read("x.onnx").Graph.Output.Select(o => o.Name);
        Assert.All(outputs, o => Assert.Contains(lines[2..], l => l.Contains($"  {o} ", StringComparison.Ordinal)));
        lines = [.. Exporter.Describe(detector, file, ExportFormat.Onnx, new() { Kind = OnnxKind.Raw })];
        Assert.Contains("float [N, 3, 64, 64]   normalised", lines[1], StringComparison.Ordinal);
    }

    private Task<int> Run(params string[] options) =>
        DetectorApp.RunAsync(detector, ["export", "--weights", folder.File("w.safetensors"), .. options]);

    private ModelProto Read(string name) => ModelProto.Parser.ParseFrom(File.ReadAllBytes(folder.File(name)));

    private static IEnumerable<string> Shape(ValueInfoProto value) =>
        value.Type.TensorType.Shape.Dim.Select(d => d.HasDimValue ? FormattableString.Invariant($"{d.DimValue}") : d.DimParam);
}
