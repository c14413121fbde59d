using Fovea.Cuda.Tests.Processes;
using Fovea.Tiny;

namespace Fovea.EndToEnd.Processes;

/// <summary><c>--weights</c> and <c>--load</c>, as users type them: files of every kind, and what is told of a part of one.</summary>
public sealed class WeightsTests : IDisposable
{
    private const string ClassLayer = "head.classification_head.cls_logits.";
    private readonly TempFolder folder = new();
    private readonly string picture;

    public WeightsTests()
    {
        picture = TinyData.Write(folder.File("data"));
        TinyData.WriteCheckpoint(folder.File("tiles.safetensors"));
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Files_of_torch_and_folders_are_weights_too()
    {
        using var detector = TileDetector.Load(folder.File("tiles.safetensors"), new DetectorOptions { Device = Device.Cpu, Threads = 1 });
        var (zip, legacy) = (State(detector, isLegacy: false), State(detector, isLegacy: true));
        File.WriteAllBytes(folder.File("tiles.pth"), TorchFileWriter.Zip(new PyDict { { "model", zip.State } }, zip.Storages));
        File.WriteAllBytes(folder.File("tiles.pt"), TorchFileWriter.Legacy(legacy.State, legacy.Storages));
        Directory.CreateDirectory(folder.File("shards"));
        File.Move(folder.File("tiles.safetensors"), folder.File("shards/tiles.safetensors"));
        var expected = Detect(folder.File("shards"));
        Assert.Contains("Red", expected, StringComparison.Ordinal);
        Assert.Equal(expected, Detect(folder.File("tiles.pth")));
        Assert.Equal(expected, Detect(folder.File("tiles.pt")));

        using var run = TinyRun.Complete("eval", "--data", folder.File("data"), "--weights", folder.File("tiles.pth"));
        Assert.True(run.Code == 0, run.Errors);
    }

    [Fact]
    public void A_training_takes_the_part_that_is_asked_for_and_tells_what_has_first_weights()
    {
        using var detector = TileDetector.Load(folder.File("tiles.safetensors"), new DetectorOptions { Device = Device.Cpu, Threads = 1 });
        var body = detector.Description.Tensors.Where(t => t.Key.StartsWith("backbone.body.", StringComparison.Ordinal)).ToArray();
        var classifier = TorchFileWriter.StateOf(
            body.Select(t => (t.Key["backbone.body.".Length..], t.Shape, detector.ReadTensor(t.Key))).Append(("fc.bias", [3], [1f, 2, 3])), isLegacy: false);
        File.WriteAllBytes(folder.File("resnet.pth"), TorchFileWriter.Zip(classifier.State, classifier.Storages));
        var other = TorchFileWriter.StateOf(
            detector.Description.Tensors.Select(t => t.Key == ClassLayer + "bias" ? (t.Key, [80], new float[80]) : (t.Key, t.Shape, detector.ReadTensor(t.Key))), isLegacy: false);
        File.WriteAllBytes(folder.File("coco.pth"), TorchFileWriter.Zip(other.State, other.Storages));

        using var refused = Train("resnet.pth");
        Assert.Equal(1, refused.Code);
        Assert.Contains("--load backbone", refused.Errors, StringComparison.Ordinal);
        using var backbone = Train("resnet.pth", "--load", "backbone");
        Assert.True(backbone.Code == 0, backbone.Errors);
        Assert.Contains($"weights: {folder.File("resnet.pth")}: {body.Length} tensors loaded", backbone.Errors, StringComparison.Ordinal);
        Assert.Contains("more tensors have first weights", backbone.Errors, StringComparison.Ordinal);
        Assert.Contains("1 tensors left out: fc.bias", backbone.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("frozen", backbone.Errors, StringComparison.Ordinal);

        using var part = Train("coco.pth", "--load", "partial");
        Assert.True(part.Code == 0, part.Errors);
        Assert.Contains($"warning: {folder.File("coco.pth")}: {ClassLayer}bias has first weights: expected [6], found [80].", part.Errors, StringComparison.Ordinal);

        // What it has trained is read as a whole when it is measured at the end and when it goes on.
        using var more = TinyRun.Complete("train", "--data", folder.File("data"), "--out", folder.File("out"), "--epochs", "2", "--resume");
        Assert.True(more.Code == 0, more.Errors);
    }

    [Fact]
    public void Classes_that_are_others_are_found_by_name()
    {
        using (var old = OldTileDetector.Create(seed: 3, new DetectorOptions { Device = Device.Cpu, Threads = 1 }))
        {
            old.Save(folder.File("old.safetensors"));
        }

        using var refused = Train("old.safetensors", "--classes-by-name");
        Assert.Equal(1, refused.Code);
        Assert.Contains("--load classes", refused.Errors, StringComparison.Ordinal);
        using var run = Train("old.safetensors", "--load", "classes");
        Assert.True(run.Code == 0, run.Errors);
        Assert.Contains("old.safetensors: 1 classes with first weights: Blue", run.Errors, StringComparison.Ordinal);
        Assert.Contains("old.safetensors: 1 classes left out: Azure", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_part_of_nothing_is_told_in_one_line()
    {
        using var run = TinyRun.Complete("train", "--data", folder.File("data"), "--out", folder.File("out"), "--epochs", "1", "--load", "partial");
        Assert.Equal(1, run.Code);
        Assert.Contains("--load partial: expected --weights FILE beside it, found none.", run.Errors, StringComparison.Ordinal);
    }

    private static (PyDict State, List<PyStorage> Storages) State(TileDetector detector, bool isLegacy) =>
        TorchFileWriter.StateOf(detector.Description.Tensors.Select(t => (t.Key, t.Shape, detector.ReadTensor(t.Key))), isLegacy);

    private TinyRun Train(string file, params string[] flags) => TinyRun.Complete(
        ["train", "--data", folder.File("data"), "--out", folder.File("out"), "--overwrite", "--epochs", "1", "--weights", folder.File(file), .. flags]);

    private string Detect(string weights)
    {
        using var run = TinyRun.Complete("detect", picture, "--weights", weights, "--no-draw", "--score", "0.3");
        Assert.True(run.Code == 0, run.Errors);

        // The picture's own line has the time that it took.
        return string.Join('\n', run.Output.Split('\n').Where(line => line.StartsWith("  ", StringComparison.Ordinal)));
    }
}
