using Fovea.Devices;
using Fovea.Tests.Checkpoints;
using Fovea.Tests.Support;

namespace Fovea.Tests.Training;

/// <summary>The moving average of the weights: what it is, who sees it, and that the training does not.</summary>
public class AveragingTests
{
    private static readonly WeightAveraging Averaging = new() { Decay = 0.9, Share = 0.5 };

    private static readonly TrainerOptions Options = new()
    {
        Epochs = 3,
        BatchSize = 4,
        Optimizer = new AdamW { LearningRate = 2e-3 },
        EvaluateEvery = 0,
        Averaging = Averaging,
    };

    [Fact]
    public async Task A_detector_ends_with_the_average_over_the_steps_of_weights_that_are_trained_as_ever()
    {
        var train = ToyScenes.Create(16, 3);
        using var plain = ToyDetector.Create(2);
        var (steps, expected) = (0, plain.Description.Tensors.ToDictionary(t => t.Key, t => Numbers.Doubles(plain.ReadTensor(t.Key))));
        await Trainer.For(plain, Options with { Averaging = null }).FitAsync(train, null, new Told(p =>
        {
            if (p.Stage == TrainingStage.Training)
            {
                var rate = Math.Max(0.1, 1 / (1 + (0.5 * ++steps)));
                foreach (var (key, average) in expected)
                {
                    var weights = plain.ReadTensor(key);
                    for (var i = 0; i < average.Length; i++)
                    {
                        average[i] += rate * (weights[i] - average[i]);
                    }
                }
            }
        }));
        using var averaged = ToyDetector.Create(2);
        await Trainer.For(averaged, Options).FitAsync(train);
        foreach (var (key, average) in expected)
        {
            Numbers.Close(key, average, averaged.ReadTensor(key), 1e-5);
        }

        // Exchanged, the weights behind it are those of the training without.
        averaged.Model.ExchangeAverages();
        CheckpointTests.AssertSame(plain, averaged);
        Assert.Equal(plain.Model.BatchesTracked, averaged.Model.BatchesTracked);
    }

    [Fact]
    public async Task Best_and_last_are_averages_and_the_state_has_both()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(2);
        var options = Options with { EvaluateEvery = 1, Folder = folder.Path, RestoreBest = false };
        await Trainer.For(detector, options).FitAsync(ToyScenes.Create(16, 3), ToyScenes.Create(4, 2));
        using var last = ToyDetector.Load(folder.File("last.safetensors"));
        CheckpointTests.AssertSame(detector, last);
        Assert.True(File.Exists(folder.File("best.safetensors")));

        using var raw = ToyDetector.Load(folder.File("training.safetensors"));
        using var file = Fovea.Checkpoints.SafetensorsFile.Open(folder.File("training.safetensors"));
        foreach (var tensor in detector.Description.Tensors)
        {
            Assert.Equal(detector.ReadTensor(tensor.Key), file.ReadSingles("ema." + tensor.Key));
            if (tensor.IsTrainable)
            {
                Assert.NotEqual(detector.ReadTensor(tensor.Key), raw.ReadTensor(tensor.Key));
            }
        }
    }

    [Fact]
    public async Task What_stops_an_evaluation_costs_neither_weights_nor_averages()
    {
        using var folder = new TempFolder();
        var (train, validation) = (ToyScenes.Create(16, 3), ToyScenes.Create(4, 2));
        var options = Options with { EvaluateEvery = 1, NormBatches = 2, AccumulateBatches = 2 };
        using var straight = ToyDetector.Create(2);
        var expected = await Trainer.For(straight, options with { RestoreBest = false }).FitAsync(train, validation);

        using var stopped = ToyDetector.Create(2);
        var saved = options with { Folder = folder.Path, RestoreBest = false };
        var evaluations = 0;
        await Assert.ThrowsAsync<NotSupportedException>(() => Trainer.For(stopped, saved).FitAsync(train, validation, new Told(p =>
        {
            if (p is { Stage: TrainingStage.Evaluating, Epoch: 2 } && ++evaluations == 2)
            {
                throw new NotSupportedException();
            }
        })));
        using var resumed = ToyDetector.Create(9);
        var actual = await Trainer.For(resumed, saved with { Resume = true }).FitAsync(train, validation);
        CheckpointTests.AssertSame(straight, resumed);
        Assert.Equal(expected.Epochs.Select(e => e with { Seconds = 0, PeakMemory = 0 }), actual.Epochs.Select(e => e with { Seconds = 0, PeakMemory = 0 }));
        using var last = ToyDetector.Load(folder.File("last.safetensors"));
        CheckpointTests.AssertSame(straight, last);
    }

    [Fact]
    public async Task Evaluating_changes_nothing_of_the_training()
    {
        var (train, options) = (ToyScenes.Create(16, 3), Options with { NormBatches = 3 });
        using var alone = ToyDetector.Create(2);
        using var evaluated = ToyDetector.Create(2);
        await Trainer.For(alone, options).FitAsync(train);
        await Trainer.For(evaluated, options with { EvaluateEvery = 1 }).FitAsync(train, ToyScenes.Create(5, 2));
        CheckpointTests.AssertSame(alone, evaluated);
        alone.Model.ExchangeAverages();
        evaluated.Model.ExchangeAverages();
        CheckpointTests.AssertSame(alone, evaluated);
        Assert.Equal(alone.Model.BatchesTracked, evaluated.Model.BatchesTracked);
    }

    [Fact]
    public void A_step_that_diverges_leaves_the_averages()
    {
        using var detector = ToyDetector.Create(1);
        using var session = detector.CreateTrainingSession(2, 64, 64, maxBoxes: 4);
        var optimizer = detector.CreateOptimizer(new Sgd());
        optimizer.Averaging = Averaging;
        detector.Model.BeginAverages();
        session.SetInput(Numbers.Random(1, 2 * 64 * 64 * 3));
        session.Step(optimizer, 1e-3);
        var before = Averages(detector);
        session.SetInput(ToySteps.NotANumber(session));
        Assert.Throws<TrainingDivergedException>(() => session.Step(optimizer, 1e-3));
        Assert.Equal(before, Averages(detector));
    }

    [Fact]
    public void A_step_with_averages_allocates_nothing_once_it_is_warm()
    {
        using var detector = ToyDetector.Create(1, new DetectorOptions { Threads = 2 });
        using var session = detector.CreateTrainingSession(2, 64, 64, maxBoxes: 4);
        session.SetInput(Numbers.Random(1, 2 * 64 * 64 * 3));
        var optimizer = detector.CreateOptimizer(new AdamW());
        optimizer.Averaging = Averaging;
        detector.Model.BeginAverages();
        var step = new Fovea.Training.AccumulatedStep(detector.Model, optimizer);
        Allocations.AssertNone(
            "a step",
            () =>
            {
                step.Begin(2);
                step.Add(session, 1e-4, 1);
                step.Add(session, 1e-4, 1);
            },
            warmUps: 50);
    }

    [Fact]
    public async Task Going_back_takes_the_averages_with_it()
    {
        using var folder = new TempFolder();
        var train = ToyScenes.Create(16, 3);
        var options = Options with { OnDivergence = OnDivergence.Rollback, Folder = folder.Path, CheckpointSteps = 2, Schedule = LearningRateSchedule.Constant };
        using var detector = ToyDetector.Create(2);
        var (weights, told) = (detector.ReadTensor("backbone.body.conv1.weight"), 0);
        await Trainer.For(detector, options).FitAsync(train, null, new Told(p =>
        {
            told += p.Stage == TrainingStage.Diverged ? 1 : 0;
            if (p is { Stage: TrainingStage.Training, Epoch: 1, Iteration: 3 } && told == 0)
            {
                weights[0] = float.NaN;
                detector.WriteTensor("backbone.body.conv1.weight", weights);
            }
        }));
        Assert.Equal(1, told);
        Assert.All(detector.Description.Tensors, t => Assert.All(detector.ReadTensor(t.Key), v => Assert.True(float.IsFinite(v), t.Key)));
    }

    [Fact]
    public void Options_out_of_range_are_named()
    {
        using var detector = ToyDetector.Create(1);
        Refuses("Averaging.Decay is 1: expected at least 0 and below 1", Options with { Averaging = new() { Decay = 1 } });
        Refuses("Averaging.Share is 0: expected greater than 0, at most 1", Options with { Averaging = new() { Share = 0 } });
        Refuses("AccumulateBatches is 0: expected 1 or more", Options with { AccumulateBatches = 0 });
        Refuses("NormBatches is -1: expected 0 or more", Options with { NormBatches = -1 });

        void Refuses(string expected, TrainerOptions options) =>
            Assert.Contains(expected, Assert.Throws<ArgumentException>(() => Trainer.For(detector, options)).Message, StringComparison.Ordinal);
    }

    private static float[] Averages(ToyDetector detector) =>
        [.. ToySteps.Read(detector, StateBuffer.AveragedParameters), .. ToySteps.Read(detector, StateBuffer.AveragedStatistics)];

    private sealed class Told(Action<TrainingProgress> told) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => told(value);
    }
}
