using System.Text.Json;
using Fovea.CompilerServices;
using Fovea.Onnx.Format;

namespace Fovea.Tests.Onnx;

/// <summary>What stands in a file.</summary>
public sealed class FileTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(OnnxKind.Raw)]
    [InlineData(OnnxKind.Detector)]
    public void Weights_keep_their_keys_shapes_and_bits(OnnxKind kind)
    {
        using var detector = RandomWeights.Fill(Resnet18Detector.Create(), 1);
        var model = ModelProto.Parser.ParseFrom(OrtModel.Bytes(detector, new() { Kind = kind }));
        var stored = model.Graph.Initializer.ToDictionary(i => i.Name);
        foreach (var tensor in detector.Description.Tensors)
        {
            var found = stored[tensor.Key];
            Assert.Equal(tensor.Shape, found.Dims.Select(d => (int)d));
            Assert.Equal(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(detector.ReadTensor(tensor.Key)).ToArray(), found.RawData.ToByteArray());
        }

        var values = model.Graph.Node.SelectMany(n => n.Output).ToHashSet();
        Assert.Subset(values, detector.Description.Layers.Where(l => l is not ['C', _]).ToHashSet());
        Assert.Equal(8, model.IrVersion);
        Assert.Equal(17, Assert.Single(model.OpsetImport).Version);
    }

    [Fact]
    public void The_same_detector_gives_the_same_bytes()
    {
        using var detector = OddDetector.Create(seed: 5);
        using var again = OddDetector.Create(seed: 5);
        using var other = OddDetector.Create(seed: 6);
        var options = new OnnxExportOptions { Canvas = new(64, 64) };
        Assert.Equal(OrtModel.Bytes(detector, options), OrtModel.Bytes(again, options));
        Assert.NotEqual(OrtModel.Bytes(detector, options), OrtModel.Bytes(other, options));
        OnnxExport.Save(detector, folder.File("sub/odd.onnx"), options);
        Assert.Equal(OrtModel.Bytes(detector, options), File.ReadAllBytes(folder.File("sub/odd.onnx")));
        Assert.Equal(["odd.onnx"], Directory.GetFiles(folder.File("sub")).Select(Path.GetFileName));
    }

    [Fact]
    public void The_metadata_tells_classes_and_what_it_takes_to_use_the_heads()
    {
        using var detector = Detectron2Detector.Create();
        using var model = OrtModel.Of(detector, new() { Kind = OnnxKind.Raw });
        Assert.Equal("""["Ant",null,"bumble bee","Cat"]""", model.Metadata["fovea.classes"]);
        Assert.Equal("raw", model.Metadata["fovea.kind"]);
        Assert.Equal(detector.Description.Fingerprint, model.Metadata["fovea.fingerprint"]);
        Assert.Equal("""{"order":"BGR","scale":255,"mean":[103.53,116.28,123.675],"std":[1,1,1]}""", model.Metadata["fovea.pixels"]);
        using var anchors = JsonDocument.Parse(model.Metadata["fovea.anchors"]);
        Assert.Equal([3, 4, 5, 6, 7], anchors.RootElement.EnumerateArray().Select(l => l.GetProperty("level").GetInt32()));
        Assert.Equal(8, anchors.RootElement[0].GetProperty("stride").GetInt32());
        using var session = detector.CreateSession(1, 128, 128);
        Assert.Equal(
            session.ReadAnchors(0)[..36],
            anchors.RootElement[0].GetProperty("boxes").EnumerateArray().SelectMany(b => b.EnumerateArray()).Select(v => v.GetSingle()));
    }

    [Fact]
    public void Fixed_canvases_are_in_the_shapes_and_variable_ones_have_names()
    {
        using var detector = Resnet18Detector.Create();
        using var heads = OrtModel.Of(detector, new() { Kind = OnnxKind.Raw });
        Assert.Equal([-1, 3, 96, 128], heads.Inputs["input"].Dimensions);
        Assert.Equal([-1, 9 * (192 + 48 + 12 + 4 + 1), 4], heads.Outputs["deltas"].Dimensions);
        using var resized = OrtModel.Of(detector, new() { Resize = false });
        Assert.Equal([-1, 96, 128, 3], resized.Inputs["images"].Dimensions);
        using var floats = OrtModel.Of(detector, new() { Input = OnnxInput.Floats });
        Assert.Equal([-1, 3, -1, -1], floats.Inputs["images"].Dimensions);
        Assert.Equal(["batch", "", "height", "width"], floats.Inputs["images"].SymbolicDimensions);
        Assert.Equal(["boxes", "labels", "num_detections", "scores"], floats.Outputs.Keys.Order());
    }

    [SkippableFact]
    public void ONNXs_own_checker_finds_nothing()
    {
        Python.Require("onnx");
        using var detector = RandomWeights.Fill(OddDetector.Create(), 1);
        using var variable = Resnet34Detector.Create();
        OnnxExport.Save(detector, folder.File("heads.onnx"), new() { Kind = OnnxKind.Raw });
        OnnxExport.Save(detector, folder.File("detector.onnx"), new() { Canvas = new(96, 64) });
        OnnxExport.Save(detector, folder.File("plain.onnx"), new() { Resize = false, Input = OnnxInput.Floats });
        OnnxExport.Save(variable, folder.File("variable.onnx"));
        foreach (var file in Directory.GetFiles(folder.Path))
        {
            Assert.Equal("fine", Python.Run(
                """
                import sys, onnx
                onnx.checker.check_model(sys.argv[1], full_check=True)
                onnx.shape_inference.infer_shapes(onnx.load(sys.argv[1]), check_type=True, strict_mode=True)
                print("fine")
                """, file).Trim());
        }
    }
}
