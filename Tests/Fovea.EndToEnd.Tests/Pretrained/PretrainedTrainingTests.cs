using Fovea.Cuda.Tests.Processes;
using Fovea.EndToEnd.Processes;
using Fovea.Tiny;

namespace Fovea.EndToEnd.Pretrained;

/// <summary>A training that begins with published weights.</summary>
public sealed class PretrainedTrainingTests
{
    private const string First = "backbone.body.conv1.weight";

    [SkippableFact]
    public async Task It_begins_with_them_says_so_and_resumes_with_its_own()
    {
        Skip.IfNot(Directory.Exists(Path.Combine(AppContext.BaseDirectory, "DnnImageModels")), "Microsoft.ML.DnnImageFeaturizer.ResNet18 was not restored.");
        using var folder = new TempFolder();
        TinyData.Write(folder.File("data"));
        var train = CocoDataset<Tile>.Open(folder.File("data/train.json"), folder.File("data/images/train"));
        using var loaded = PretrainedTileDetector.Create(seed: 1);
        loaded.LoadPretrained();
        var recipe = new TrainerOptions { Epochs = 1, BatchSize = 2, Pretrained = true, BackboneRate = 0, Folder = folder.File("out") };

        // At rate 0 the backbone has at the end what it had at the beginning.
        using var trained = PretrainedTileDetector.Create(seed: 1);
        var told = new Collect();
        await Trainer.For(trained, recipe).FitAsync(train, null, told);
        Assert.Equal(loaded.ReadTensor(First), trained.ReadTensor(First));
        Assert.NotEqual(loaded.ReadTensor("backbone.fpn.layer_blocks.0.0.weight"), trained.ReadTensor("backbone.fpn.layer_blocks.0.0.weight"));
        var message = Assert.Single(told.All, p => p.Stage == TrainingStage.Loaded).Message!;
        Assert.StartsWith("110 tensors of the backbone are those of ", message, StringComparison.Ordinal);
        Assert.Contains("first weights have backbone.fpn (", message, StringComparison.Ordinal);
        Assert.DoesNotContain(told.All, p => p.Stage == TrainingStage.Starting);

        // Weights that are there stay, and a run that goes on has its own.
        using var own = PretrainedTileDetector.Create(seed: 1);
        own.WriteTensor(First, new float[own.ReadTensor(First).Length]);
        told = new Collect();
        await Trainer.For(own, recipe with { Folder = null }).FitAsync(train, null, told);
        Assert.DoesNotContain(told.All, p => p.Stage == TrainingStage.Loaded);
        Assert.All(own.ReadTensor(First), w => Assert.Equal(0, w));
        using var resumed = PretrainedTileDetector.Create(seed: 2);
        await Trainer.For(resumed, recipe with { Epochs = 2, Resume = true }).FitAsync(train, null, told);
        Assert.DoesNotContain(told.All, p => p.Stage == TrainingStage.Loaded);
        Assert.Equal(loaded.ReadTensor(First), resumed.ReadTensor(First));
    }

    [Fact]
    public void A_command_that_cannot_have_them_ends_before_anything_begins()
    {
        using var folder = new TempFolder();
        TinyData.Write(folder.File("data"));
        using var run = TinyRun.Complete("train", "--data", folder.File("data"), "--out", folder.File("out"), "--epochs", "1", "--pretrained");
        Assert.Equal(1, run.Code);
        Assert.StartsWith("error: pretrained weights: there is no package of weights for Custom", run.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("out")));
    }

    [Fact]
    public void Two_sources_of_a_backbone_are_one_too_many()
    {
        using var folder = new TempFolder();
        TinyData.WriteCheckpoint(folder.File("tiles.safetensors"));
        using var run = TinyRun.Complete("train", "--data", folder.Path, "--out", folder.File("out"), "--pretrained", "--weights", folder.File("tiles.safetensors"));
        Assert.Equal(1, run.Code);
        Assert.Contains("--weights has a backbone, and --pretrained takes another: give one of them.", run.Errors, StringComparison.Ordinal);
    }

    private sealed class Collect : IProgress<TrainingProgress>
    {
        public List<TrainingProgress> All { get; } = [];

        public void Report(TrainingProgress value) => All.Add(value);
    }
}
