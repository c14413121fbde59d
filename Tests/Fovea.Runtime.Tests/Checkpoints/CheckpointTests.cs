using System.Text.Json;
using Fovea.Checkpoints;
using Fovea.Devices;
using Fovea.Tests.Goldens;

namespace Fovea.Tests.Checkpoints;

public class CheckpointTests
{
    [Fact]
    public void Saved_weights_come_back_with_the_same_bits()
    {
        using var folder = new TempFolder();
        using var saved = ToyDetector.Create(5);
        saved.Save(folder.File("toy.safetensors"));
        using var loaded = ToyDetector.Load(folder.File("toy.safetensors"));
        AssertSame(saved, loaded);
        Assert.Equal(["toy.safetensors"], Directory.GetFiles(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Files_have_torchvisions_keys_and_shapes()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(5);
        detector.Save(folder.File("toy.safetensors"));
        var tensors = GoldenFile.Read(folder.File("toy.safetensors"));
        Assert.Equal([8, 3, 3, 3], tensors["backbone.body.conv1.weight"].Shape);
        Assert.Equal("I64", tensors["backbone.body.bn1.num_batches_tracked"].Dtype);
        Assert.Empty(tensors["backbone.body.bn2.num_batches_tracked"].Shape);
        Assert.Equal(detector.Description.Tensors.Length + 2, tensors.Count);

        // [Cout, Cin, R, S] in the file, [Cout, R, S, Cin] in memory.
        var memory = new float[8 * 3 * 3 * 3];
        detector.Model.Read(StateBuffer.Parameters, 0, memory);
        var stored = tensors["backbone.body.conv1.weight"].F32;
        Assert.Equal(memory[(((2 * 3) + 1) * 3 + 2) * 3 + 1], stored[((2 * 3) + 1) * 9 + (1 * 3) + 2]);
    }

    [Fact]
    public void Everything_that_does_not_fit_is_listed_and_nothing_is_changed()
    {
        using var folder = new TempFolder();
        var writer = new SafetensorsWriter();
        writer.Add("backbone.body.conv1.weight", [8, 3, 1, 1], () => new float[24]);
        writer.Add("backbone.body.fc.weight", [10], () => new float[10]);
        CheckpointWriter.Write(folder.File("other.safetensors"), writer);
        using var detector = ToyDetector.Create(5);
        var before = detector.ReadTensor("backbone.body.conv1.weight");
        var error = Assert.Throws<CheckpointException>(() => detector.LoadWeights(folder.File("other.safetensors")));
        Assert.Contains("other.safetensors", error.Message, StringComparison.Ordinal);
        Assert.Contains("backbone.body.conv1.weight: expected [8, 3, 3, 3], found [8, 3, 1, 1]", error.Message, StringComparison.Ordinal);
        Assert.Contains("1 unexpected", error.Message, StringComparison.Ordinal);
        Assert.Contains("backbone.body.fc.weight [10]", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{detector.Description.Tensors.Length - 1} missing", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, detector.ReadTensor("backbone.body.conv1.weight"));
    }

    [Fact]
    public void Another_models_checkpoint_is_refused_by_name_even_if_all_shapes_agree()
    {
        using var folder = new TempFolder();
        using var other = ToyDetector.Create(5, program: ToyProgram.Frozen);
        other.Save(folder.File("frozen.safetensors"));
        using var detector = ToyDetector.Create(5);
        var error = Assert.Throws<CheckpointException>(() => detector.LoadWeights(folder.File("frozen.safetensors")));
        Assert.Contains("no checkpoint of Toy (Toy, classes [\"Square\",\"Wide\",\"Tall\"]), but of FrozenToy", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Truncated_checkpoints_change_nothing()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(5);
        detector.Save(folder.File("toy.safetensors"));
        var bytes = File.ReadAllBytes(folder.File("toy.safetensors"));
        using var other = ToyDetector.Create(6);
        var before = other.ReadTensor("backbone.body.conv1.weight");
        foreach (var length in new[] { 0, 5, 8, 100, bytes.Length / 2, bytes.Length - 1 })
        {
            File.WriteAllBytes(folder.File("cut.safetensors"), bytes[..length]);
            var error = Assert.Throws<CheckpointException>(() => other.LoadWeights(folder.File("cut.safetensors")));
            Assert.Contains("cut.safetensors", error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(before, other.ReadTensor("backbone.body.conv1.weight"));
    }

    [SkippableFact]
    public void A_disk_that_fills_leaves_the_old_checkpoint_whole()
    {
        Skip.IfNot(File.Exists("/dev/full"), "This system has no /dev/full.");
        using var folder = new TempFolder();
        var path = folder.File("toy.safetensors");
        using var detector = ToyDetector.Create(5);
        detector.Save(path);
        var old = File.ReadAllBytes(path);
        var content = CheckpointWriter.Collect(detector.Model);
        var error = Assert.Throws<CheckpointException>(
            () => CheckpointWriter.Write(path, content, _ => new FileStream("/dev/full", FileMode.Open, FileAccess.Write)));
        Assert.Equal(path, error.File);
        Assert.Equal(old, File.ReadAllBytes(path));
    }

    [Fact]
    public void Folders_that_cannot_be_written_are_named()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("file"), "");
        using var detector = ToyDetector.Create(5);
        Assert.Contains("toy.safetensors", Assert.Throws<CheckpointException>(() => detector.Save(Path.Combine(folder.File("file"), "toy.safetensors"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Frozen_epsilon_moves_into_the_variance()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(5, program: ToyProgram.Frozen);
        detector.Save(folder.File("own.safetensors"));
        var own = detector.ReadTensor("backbone.body.bn1.running_var")[0];

        // Our own file says 1e-5, the model's.
        using var same = ToyDetector.Load(folder.File("own.safetensors"), null, ToyProgram.Frozen);
        Assert.Equal(own, same.ReadTensor("backbone.body.bn1.running_var")[0]);

        // The published weights were trained with 0: σ² + 0 = (σ² − 1e-5) + 1e-5.
        StripMetadata(folder.File("own.safetensors"), folder.File("retinanet_resnet50_fpn_coco-eeacb38b.safetensors"));
        using var published = ToyDetector.Load(folder.File("retinanet_resnet50_fpn_coco-eeacb38b.safetensors"), null, ToyProgram.Frozen);
        Assert.Equal((float)(own - 1e-5), published.ReadTensor("backbone.body.bn1.running_var")[0], 1e-8f);

        StripMetadata(folder.File("own.safetensors"), folder.File("plain.safetensors"));
        using var plain = ToyDetector.Load(folder.File("plain.safetensors"), null, ToyProgram.Frozen);
        Assert.Equal(own, plain.ReadTensor("backbone.body.bn1.running_var")[0]);
        using var told = ToyDetector.Load(folder.File("plain.safetensors"), new LoadOptions { FrozenBatchNormEpsilon = 1e-3f }, ToyProgram.Frozen);
        Assert.Equal((float)(own + 1e-3 - 1e-5), told.ReadTensor("backbone.body.bn1.running_var")[0], 1e-7f);
    }

    [Fact]
    public void Epsilon_is_refused_where_there_is_no_frozen_norm()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(5);
        detector.Save(folder.File("toy.safetensors"));
        Assert.Contains(
            "no frozen batch norms",
            Assert.Throws<CheckpointException>(() => detector.LoadWeights(folder.File("toy.safetensors"), new LoadOptions { FrozenBatchNormEpsilon = 0 })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Old_keys_are_loaded()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(5);
        var writer = new SafetensorsWriter();
        foreach (var tensor in detector.Description.Tensors)
        {
            writer.Add(tensor.Key.Replace("_blocks.0.0.", "_blocks.0.", StringComparison.Ordinal), tensor.Shape, () => detector.ReadTensor(tensor.Key));
        }

        CheckpointWriter.Write(folder.File("old.safetensors"), writer);
        using var loaded = ToyDetector.Load(folder.File("old.safetensors"));
        AssertSame(detector, loaded);
    }

    [Theory]
    [InlineData("head.classification_head.conv.4.weight", "head.classification_head.conv.2.0.weight")]
    [InlineData("head.regression_head.conv.6.bias", "head.regression_head.conv.3.0.bias")]
    [InlineData("backbone.fpn.inner_blocks.2.weight", "backbone.fpn.inner_blocks.2.0.weight")]
    [InlineData("backbone.fpn.layer_blocks.0.bias", "backbone.fpn.layer_blocks.0.0.bias")]
    [InlineData("backbone.fpn.inner_blocks.2.0.weight", "backbone.fpn.inner_blocks.2.0.weight")]
    [InlineData("head.classification_head.conv.1.0.weight", "head.classification_head.conv.1.0.weight")]
    [InlineData("head.classification_head.conv.0.1.bias", "head.classification_head.conv.0.1.bias")]
    [InlineData("backbone.fpn.extra_blocks.p6.weight", "backbone.fpn.extra_blocks.p6.weight")]
    [InlineData("head.classification_head.cls_logits.bias", "head.classification_head.cls_logits.bias")]
    public void Keys_are_translated_by_torchvisions_rules(string old, string expected) => Assert.Equal(expected, KeyMigration.Translate(old));

    /// <summary>Every listed key of today stays, so that no listing can be damaged by the translation.</summary>
    [SkippableFact]
    [Trait("Needs", "Goldens")]
    public void Keys_of_today_are_left_alone()
    {
        var path = Path.Combine(GoldenManifest.Folder, "state_dict_keys.json");
        Skip.IfNot(File.Exists(path), $"No {path}.");
        using var json = JsonDocument.Parse(File.ReadAllBytes(path));
        var keys = json.RootElement.EnumerateObject().Where(p => p.Value.TryGetProperty("entries", out _))
            .SelectMany(p => p.Value.GetProperty("entries").EnumerateArray()).Select(e => e[0].GetString()!).ToArray();
        Assert.NotEmpty(keys);
        Assert.All(keys, k => Assert.Equal(k, KeyMigration.Translate(k)));
    }

    internal static void AssertSame(ToyDetector expected, ToyDetector actual)
    {
        foreach (var tensor in expected.Description.Tensors)
        {
            Assert.True(expected.ReadTensor(tensor.Key).AsSpan().SequenceEqual(actual.ReadTensor(tensor.Key)), $"{tensor.Key} differs");
        }
    }

    private static void StripMetadata(string from, string to)
    {
        var writer = new SafetensorsWriter();
        foreach (var (name, tensor) in GoldenFile.Read(from))
        {
            writer.Add(name, tensor.Shape, () => tensor.F32);
        }

        CheckpointWriter.Write(to, writer);
    }
}
