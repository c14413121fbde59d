using Fovea.Tests.Support;

namespace Fovea.Tests.Training;

/// <summary>A step happens wholly or not at all, and one that cannot be taken says why.</summary>
public class WholeStepTests
{
    private static readonly TrainerOptions Options = new()
    {
        Epochs = 3,
        BatchSize = 4,
        Optimizer = new Sgd { LearningRate = 1e-3 },
        EvaluateEvery = 0,
        Schedule = LearningRateSchedule.Constant,
        WarmupIterations = 0,
    };

    [Fact]
    public void A_step_that_diverges_leaves_the_running_statistics_and_the_count_of_batches()
    {
        using var detector = ToyDetector.Create(1);
        using var session = detector.CreateTrainingSession(2, 64, 64, maxBoxes: 4);
        var optimizer = detector.CreateOptimizer(new Sgd());
        session.SetInput(Pixels(0.5f));
        session.Step(optimizer, 1e-3);
        var before = State(detector);
        session.SetInput(Pixels(float.NaN));
        Assert.Throws<TrainingDivergedException>(() => session.Step(optimizer, 1e-3));
        Assert.False(double.IsFinite(session.ForwardBackward().Loss));
        Assert.Equal(before, State(detector));
        Assert.Equal(1, optimizer.Steps);

        session.SetInput(Pixels(0.25f));
        session.Step(optimizer, 1e-3);
        Assert.NotEqual(before, State(detector));
    }

    [Fact]
    public async Task A_training_that_stops_tells_the_images_and_the_operator_and_leaves_a_replay()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(1);
        const string Key = "backbone.body.conv2.weight";
        detector.WriteTensor(Key, [.. detector.ReadTensor(Key).Select(w => float.CopySign(3e38f, w))]);
        var options = Options with { Folder = folder.Path };
        var error = await Assert.ThrowsAsync<TrainingDivergedException>(() => Trainer.For(detector, options).FitAsync(ToyScenes.Create(8, 1)));
        Assert.Equal(4, error.Images.Count);
        Assert.All(error.Images, name => Assert.Contains("toy scenes 1[", name, StringComparison.Ordinal));
        Assert.NotNull(error.Origin);
        Assert.StartsWith("the output of ", error.Origin, StringComparison.Ordinal);
        Assert.Contains(error.Origin, error.Message, StringComparison.Ordinal);

        using var other = ToyDetector.Create(7);
        var step = DivergedStep.Replay(other, error.Dump!);
        Assert.Equal(error.Origin, step.Origin);
        Assert.Equal(error.Images, step.Images);
        Assert.Equal(error.Result.Describe(), step.Result.Describe());

        // What was trained before is there, and can be gone on with.
        using var resumed = ToyDetector.Create(7);
        await Assert.ThrowsAsync<TrainingDivergedException>(
            () => Trainer.For(resumed, options with { Resume = true }).FitAsync(ToyScenes.Create(8, 1)));
    }

    [Fact]
    public void A_weight_that_is_no_number_is_named()
    {
        using var detector = ToyDetector.Create(1);
        Spoil(detector, "head.regression_head.bbox_reg.weight", float.NaN);
        using var session = detector.CreateTrainingSession(2, 64, 64, maxBoxes: 4);
        session.SetInput(Pixels(0.5f));
        var (_, origin) = Fovea.Training.DivergenceTrace.Find(detector, session);
        Assert.Equal("the weights: head.regression_head.bbox_reg.weight has NaN", origin);
    }

    [Fact]
    public async Task A_step_that_diverges_once_is_left_out_and_the_rest_counts()
    {
        using var detector = ToyDetector.Create(1);
        const string Key = "backbone.body.conv1.weight";
        var (whole, told) = (detector.ReadTensor(Key), new List<TrainingProgress>());
        var options = Options with { OnDivergence = OnDivergence.Skip, Epochs = 2 };

        // The weights are spoilt before the second of four steps, and mended after it.
        var course = new Told(told) { After = p => Spoil(detector, Key, p.Iteration == 1 && p.Epoch == 1 ? float.NaN : whole[0]) };
        var history = await Trainer.For(detector, options).FitAsync(ToyScenes.Create(8, 1), null, course);
        var skipped = Assert.Single(told);
        Assert.Contains("epoch 1, iteration 2", skipped.Message!, StringComparison.Ordinal);
        Assert.Contains("the batch is left out (toy scenes 1[", skipped.Message!, StringComparison.Ordinal);
        Assert.All(history.Epochs, e => Assert.True(double.IsFinite(e.Loss), $"{e}"));
        Assert.All(detector.Description.Tensors, t => Assert.All(detector.ReadTensor(t.Key), v => Assert.True(float.IsFinite(v), t.Key)));
    }

    [Fact]
    public async Task Skipping_ends_where_nothing_else_is_left()
    {
        using var detector = ToyDetector.Create(1);
        Spoil(detector, "backbone.body.conv2.weight", float.NaN);
        var told = new List<TrainingProgress>();
        var options = Options with { OnDivergence = OnDivergence.Skip, Epochs = 50 };
        await Assert.ThrowsAsync<TrainingDivergedException>(
            () => Trainer.For(detector, options).FitAsync(ToyScenes.Create(8, 1), null, new Told(told)));
        Assert.Equal(10, told.Count);
    }

    [Fact]
    public async Task A_training_goes_back_to_its_checkpoint_with_half_the_rate_until_that_is_hopeless()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(1);
        var told = new List<TrainingProgress>();
        var options = Options with
        {
            OnDivergence = OnDivergence.Rollback,
            Folder = folder.Path,
            Epochs = 30,
            MaxGradientNorm = 0,
            Optimizer = new Sgd { LearningRate = 1e9 },
        };
        var error = await Assert.ThrowsAsync<TrainingDivergedException>(
            () => Trainer.For(detector, options).FitAsync(ToyScenes.Create(8, 1), null, new Told(told)));
        Assert.Equal(5, told.Count);
        Assert.Contains("Back to the checkpoint of epoch 1, iteration 0, with 0.5 of the learning rate (1 of 5 times)", told[0].Message!, StringComparison.Ordinal);
        Assert.Contains("0.03125", told[^1].Message!, StringComparison.Ordinal);
        Assert.NotNull(error.Dump);
    }

    [Fact]
    public async Task One_bad_step_is_undone_by_going_back()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(1);
        var told = new List<TrainingProgress>();
        var options = Options with
        {
            OnDivergence = OnDivergence.Rollback,
            Folder = folder.Path,
            CheckpointSteps = 2,
            Schedule = new OnceHuge(4),
            MaxGradientNorm = 5,
        };
        var history = await Trainer.For(detector, options).FitAsync(ToyScenes.Create(8, 1), null, new Told(told));
        Assert.Equal(3, history.Epochs.Count);
        Assert.Contains("epoch 3, iteration 0, with 0.5", Assert.Single(told).Message!, StringComparison.Ordinal);
        Assert.All(history.Epochs, e => Assert.True(double.IsFinite(e.Loss), $"{e}"));
    }

    private static void Spoil(ToyDetector detector, string key, float value)
    {
        var values = detector.ReadTensor(key);
        values[0] = value;
        detector.WriteTensor(key, values);
    }

    private static float[] Pixels(float value)
    {
        var pixels = new float[2 * 64 * 64 * 3];
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = value * ((i % 7) - 3);
        }

        return pixels;
    }

    /// <summary>All that a checkpoint holds.</summary>
    private static byte[] State(ToyDetector detector)
    {
        using var stream = new MemoryStream();
        detector.Save(stream);
        return stream.ToArray();
    }

    /// <summary>A rate beyond all reason in one iteration, the first time that it comes to it.</summary>
    private sealed record OnceHuge(int Iteration) : LearningRateSchedule
    {
        private bool done;

        public override double Factor(int iteration, int iterationsPerEpoch, int warmupIterations, int totalIterations)
        {
            var huge = iteration == Iteration && !done;
            done |= huge;
            return huge ? 1e38 : 1;
        }
    }

    private sealed class Told(List<TrainingProgress> all) : IProgress<TrainingProgress>
    {
        public Action<TrainingProgress>? After { get; init; }

        public void Report(TrainingProgress value)
        {
            if (value.Stage is TrainingStage.Training or TrainingStage.Diverged)
            {
                After?.Invoke(value);
            }

            if (value.Stage == TrainingStage.Diverged)
            {
                all.Add(value);
            }
        }
    }
}
