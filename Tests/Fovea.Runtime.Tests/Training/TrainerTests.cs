using Fovea.Tests.Checkpoints;

namespace Fovea.Tests.Training;

public class TrainerTests
{
    private static readonly TrainerOptions Options = new() { Epochs = 4, BatchSize = 4, Optimizer = new AdamW { LearningRate = 2e-3 }, EvaluateEvery = 0 };

    [Fact]
    public async Task Training_learns_and_keeps_its_course()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(1);
        var progress = new List<TrainingProgress>();
        var options = Options with { Epochs = 15, EvaluateEvery = 5, Folder = folder.Path, Optimizer = new AdamW { LearningRate = 5e-3 } };
        var history = await Trainer.For(detector, options)
            .FitAsync(ToyScenes.Create(32, 1), ToyScenes.Create(8, 2), new Collect(progress));
        Assert.Equal(15, history.Epochs.Count);
        Assert.True(history.Epochs[^1].Loss < 0.7 * history.Epochs[0].Loss, $"{history.Epochs[0].Loss} → {history.Epochs[^1].Loss}");
        Assert.Equal([5, 10, 15], history.Epochs.Where(e => e.Ap is not null).Select(e => e.Epoch));
        Assert.Equal(15 * 8, progress.Count(p => p.Stage == TrainingStage.Training));
        Assert.Equal(15, progress.Count(p => p.Record is not null));
        Assert.Equal(1, progress[^1].Done);
        Assert.Equal(
            ["best.safetensors", "history.jsonl", "last.safetensors", "training.safetensors"],
            Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        var read = TrainingHistory.Parse(await File.ReadAllTextAsync(folder.File("history.jsonl")));
        Assert.Equal(history.Epochs, read.Epochs);
    }

    [Fact]
    public async Task Resumed_training_ends_with_the_same_bits()
    {
        await AssertResumes(Options, cancelAfter: 11);
        await AssertResumes(Options with { Optimizer = new Sgd { Nesterov = true }, Schedule = new MultiStepSchedule(0.1, 2) }, cancelAfter: 8);
        await AssertResumes(Options with { Optimizer = new Adam { AmsGrad = true }, MaxGradientNorm = 0.5 }, cancelAfter: 1);
        await AssertResumes(Options with { Averaging = new WeightAveraging { Decay = 0.9, Share = 0.3 }, NormBatches = 2 }, cancelAfter: 13);
        await AssertResumes(Options with { BatchSize = 2, AccumulateBatches = 2, Averaging = new WeightAveraging() }, cancelAfter: 7);
    }

    [Fact]
    public async Task Resuming_with_other_options_says_which()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(1);
        var options = Options with { Epochs = 1, Folder = folder.Path };
        var train = ToyScenes.Create(8, 1);
        await Trainer.For(detector, options).FitAsync(train);
        var error = await Assert.ThrowsAsync<CheckpointException>(
            () => Trainer.For(detector, options with { Resume = true, BatchSize = 2, Seed = 9 }).FitAsync(train));
        Assert.Contains("BatchSize: 2 now, 4 in the file; Seed: 9 now, 1 in the file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Divergence_names_epoch_and_iteration_and_leaves_the_checkpoint()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(1);
        var options = Options with
        {
            Epochs = 50,
            Folder = folder.Path,
            CheckpointInterval = TimeSpan.Zero,
            MaxGradientNorm = 0,
            WarmupIterations = 0,
            Schedule = LearningRateSchedule.Constant,
            Optimizer = new Sgd { LearningRate = 30 },
        };
        var error = await Assert.ThrowsAsync<TrainingDivergedException>(() => Trainer.For(detector, options).FitAsync(ToyScenes.Create(8, 1)));
        Assert.Matches("^epoch [0-9]+, iteration [0-9]+, learning rate 30: ", error.Message);
        if (File.Exists(folder.File("last.safetensors")))
        {
            using var whole = ToyDetector.Load(folder.File("last.safetensors"));
            Assert.All(whole.Description.Tensors, t => Assert.All(whole.ReadTensor(t.Key), v => Assert.True(float.IsFinite(v), t.Key)));
        }
    }

    [Fact]
    public async Task An_image_that_cannot_be_read_stops_training_but_loses_none_of_it()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(1);
        var train = new DamagedScenes(ToyScenes.Create(8, 1)) { Bad = 3 };
        var options = Options with { Folder = folder.Path };
        var error = await Assert.ThrowsAsync<InvalidImageException>(() => Trainer.For(detector, options).FitAsync(train));
        Assert.Contains("scene 3", error.Message, StringComparison.Ordinal);
        train.Bad = -1;
        var history = await Trainer.For(detector, options with { Resume = true }).FitAsync(train);
        Assert.Equal(4, history.Epochs.Count);
    }

    [Fact]
    public async Task The_best_epochs_weights_are_in_the_detector_at_the_end()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(1);
        var options = Options with { Epochs = 3, EvaluateEvery = 1, Folder = folder.Path };
        await Trainer.For(detector, options).FitAsync(ToyScenes.Create(8, 1), ToyScenes.Create(4, 2));
        using var best = ToyDetector.Load(folder.File("best.safetensors"));
        CheckpointTests.AssertSame(best, detector);
    }

    [Fact]
    public void Options_out_of_range_are_named()
    {
        using var detector = ToyDetector.Create(1);
        Refuses("Epochs is 0", Options with { Epochs = 0 });
        Refuses("Optimizer.LearningRate is -1", Options with { Optimizer = new Sgd { LearningRate = -1 } });
        Refuses("Optimizer.Momentum is 0: expected greater than 0 with Nesterov", Options with { Optimizer = new Sgd { Momentum = 0, Nesterov = true } });
        Refuses("Resume", Options with { Resume = true });

        void Refuses(string expected, TrainerOptions options) =>
            Assert.Contains(expected, Assert.Throws<ArgumentException>(() => Trainer.For(detector, options)).Message, StringComparison.Ordinal);
    }

    private static async Task AssertResumes(TrainerOptions options, int cancelAfter)
    {
        using var folder = new TempFolder();
        var train = ToyScenes.Create(18, 3);
        using var straight = ToyDetector.Create(2);
        var expected = await Trainer.For(straight, options).FitAsync(train);
        using var stopped = ToyDetector.Create(2);
        using var cancellation = new CancellationTokenSource();
        var steps = new Collect([]) { After = (cancelAfter, cancellation) };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Trainer.For(stopped, options with { Folder = folder.Path }).FitAsync(train, null, steps, cancellation.Token));

        // Another process: nothing but the file.
        using var resumed = ToyDetector.Create(99);
        var progress = new List<TrainingProgress>();
        var actual = await Trainer.For(resumed, options with { Folder = folder.Path, Resume = true }).FitAsync(train, null, new Collect(progress));
        Assert.Equal((4 * 5) - cancelAfter, progress.Count(p => p.Stage == TrainingStage.Training));
        CheckpointTests.AssertSame(straight, resumed);
        Assert.Equal(expected.Epochs.Select(e => e with { Seconds = 0, PeakMemory = 0 }), actual.Epochs.Select(e => e with { Seconds = 0, PeakMemory = 0 }));
    }

    /// <summary>Keeps what is reported, and cancels after some iterations.</summary>
    private sealed class Collect(List<TrainingProgress> all) : IProgress<TrainingProgress>
    {
        public (int Iterations, CancellationTokenSource Source)? After { get; init; }

        public void Report(TrainingProgress value)
        {
            all.Add(value);
            if (After is { } after && all.Count(p => p.Stage == TrainingStage.Training) == after.Iterations)
            {
                after.Source.Cancel();
            }
        }
    }
}
