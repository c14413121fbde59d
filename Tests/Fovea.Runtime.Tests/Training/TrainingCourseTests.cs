using Fovea.Checkpoints;
using Fovea.CompilerServices;
using Fovea.Tests.Checkpoints;
using Fovea.Training;

namespace Fovea.Tests.Training;

/// <summary>How long a training is, how large its steps are, and what it says before the first.</summary>
public class TrainingCourseTests
{
    // So slow that no epoch is better than the first, where norms do not move either.
    private static readonly TrainerOptions Still = new()
    {
        Epochs = 9,
        BatchSize = 4,
        WarmupIterations = 0,
        Optimizer = new Sgd { LearningRate = 1e-12 },
        Augmentation = Augmentation.None,
    };

    [Fact]
    public async Task A_training_without_progress_ends_when_its_patience_does_and_goes_on_with_more()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(1, null, ToyProgram.Frozen);
        var options = Still with { Patience = 2, Folder = folder.Path };
        var (train, validation, told) = (ToyScenes.Create(8, 1), ToyScenes.Create(4, 2), new List<TrainingProgress>());
        var history = await Trainer.For(detector, options).FitAsync(train, validation, new Collect(told));
        Assert.Equal(3, history.Epochs.Count);
        Assert.Equal(TrainingStage.Stopped, told[^1].Stage);
        Assert.Equal("ended after epoch 3 of 9: none was better than epoch 1 since.", told[^1].Message);

        var longer = await Trainer.For(detector, options with { Patience = 4, Resume = true }).FitAsync(train, validation);
        Assert.Equal(5, longer.Epochs.Count);
    }

    [Fact]
    public async Task Patience_counts_evaluated_epochs_only_at_their_end()
    {
        using var detector = ToyDetector.Create(1, null, ToyProgram.Frozen);
        var options = Still with { Patience = 1, EvaluateEvery = 3 };
        var history = await Trainer.For(detector, options).FitAsync(ToyScenes.Create(8, 1), ToyScenes.Create(4, 2));
        Assert.Equal(6, history.Epochs.Count);
    }

    [Fact]
    public async Task Patience_without_anything_to_measure_is_refused()
    {
        using var detector = ToyDetector.Create(1);
        Assert.Contains(
            "EvaluateEvery = 0", Assert.Throws<ArgumentException>(() => Trainer.For(detector, Still with { Patience = 2, EvaluateEvery = 0 })).Message,
            StringComparison.Ordinal);
        var error = await Assert.ThrowsAsync<ArgumentException>(() => Trainer.For(detector, Still with { Patience = 2 }).FitAsync(ToyScenes.Create(8, 1)));
        Assert.Contains("validation set", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_time_that_holds_no_epoch_gives_one_and_timing_leaves_no_trace_in_the_weights()
    {
        using var counted = ToyDetector.Create(1);
        using var timed = ToyDetector.Create(1);
        var options = new TrainerOptions { Epochs = 1, BatchSize = 4, EvaluateEvery = 0 };
        await Trainer.For(counted, options).FitAsync(ToyScenes.Create(12, 1));
        var told = new List<TrainingProgress>();
        await Trainer.For(timed, options with { TimeLimit = TimeSpan.FromTicks(1), Epochs = 30 })
            .FitAsync(ToyScenes.Create(12, 1), null, new Collect(told));
        Assert.Equal(1, told[^1].Epochs);
        CheckpointTests.AssertSame(counted, timed);
    }

    [Fact]
    public async Task A_resumed_training_keeps_the_epochs_that_were_planned_for_its_time()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(1);
        var options = new TrainerOptions { TimeLimit = TimeSpan.FromHours(3), BatchSize = 4, EvaluateEvery = 0, Folder = folder.Path };

        // Both stop within the first epoch, after which the plan would be made anew.
        var first = await Interrupted(options);
        var second = await Interrupted(options with { Resume = true });
        Assert.True(first > 1, $"{first} epochs");
        Assert.Equal(first, second);

        async Task<int> Interrupted(TrainerOptions now)
        {
            using var cancellation = new CancellationTokenSource();
            var told = new List<TrainingProgress>();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Trainer.For(detector, now)
                .FitAsync(ToyScenes.Create(24, 1), null, new Collect(told) { At = cancellation }, cancellation.Token));
            return told.Last(p => p.Stage == TrainingStage.Training).Epochs;
        }
    }

    [Theory]
    [InlineData(100, 10, 0, 0, 0, 10)]
    [InlineData(99, 10, 0, 0, 0, 9)]
    [InlineData(9, 10, 0, 0, 0, 0)]
    [InlineData(-5, 10, 0, 0, 0, 0)]
    [InlineData(100, 10, 10, 1, 0, 5)]
    [InlineData(100, 10, 10, 4, 0, 8)] // 80 s and two evaluations.
    [InlineData(100, 10, 15, 4, 0, 7)] // 70 s, one evaluation in the middle and one at the end.
    [InlineData(100, 10, 15, 4, 3, 5)] // Epochs 4 to 8 with two; a sixth would be 60 s and three.
    public void Epochs_and_evaluations_fit_into_the_time(double seconds, double epoch, double evaluation, int every, int done, int expected)
    {
        Assert.Equal(expected, TimeBudget.Epochs(seconds, epoch, evaluation, every, done));
    }

    [Fact]
    public void A_plan_is_made_anew_after_the_first_epoch_and_only_shortened_later()
    {
        var count = new EpochCount(new TrainerOptions { TimeLimit = TimeSpan.FromSeconds(1000), BatchSize = 2 }, batches: 10, validationImages: 0);
        var state = new TrainingState();
        count.Decide(state, 0, () => 1);
        Assert.InRange(state.Planned, 99, 100);

        // The first epoch took half of what was thought, the second three times that.
        (state.Iteration, state.Seconds) = (10, 5);
        count.Correct(state, 5);
        Assert.Equal(200, state.Planned);
        state.Epoch = 1;
        state.History.Add(new EpochRecord(1, 10, 1, 1, 1, 1, 5, null, null));
        state.Seconds = 15;
        count.Correct(state, 20);
        Assert.Equal(100, state.Planned);
        state.Epoch = 2;
        state.History.Add(new EpochRecord(2, 10, 1, 1, 1, 1, 15, null, null));
        state.Seconds = 1;
        count.Correct(state, 21);
        Assert.Equal(100, state.Planned);
    }

    [Fact]
    public async Task A_batch_that_nobody_sized_leaves_an_epoch_twenty_steps_and_stays_when_resumed()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(1);
        var told = new List<TrainingProgress>();
        var options = new TrainerOptions { Epochs = 1, BatchSize = 0, EvaluateEvery = 0, Folder = folder.Path };
        await Trainer.For(detector, options).FitAsync(ToyScenes.Create(40, 1), null, new Collect(told));
        Assert.Equal(20, told[0].Iterations);
        await Trainer.For(detector, options with { Epochs = 2, Resume = true }).FitAsync(ToyScenes.Create(40, 1), null, new Collect(told));
        Assert.Equal((2, 20), (told[^1].Epoch, told[^1].Iterations));
    }

    [Fact]
    public void A_batch_is_as_large_as_memory_holds()
    {
        using var detector = ToyDetector.Create(1);
        Assert.Equal(16, BatchChoice.For(detector.Model, new CanvasSize(64, 64), 10_000, 8));
        Assert.Equal(8, BatchChoice.For(detector.Model, new CanvasSize(64, 64), 160, 8));
        Assert.Equal(1, BatchChoice.For(detector.Model, new CanvasSize(64, 64), 7, 8));

        // Of this canvas a batch of 16 would have more elements than a map can have, and one of 2 more than any memory has.
        Assert.Equal(1, BatchChoice.For(detector.Model, new CanvasSize(32_000, 16_000), 10_000, 8));
    }

    [Fact]
    public async Task The_rate_grows_with_the_batch_where_a_batch_is_named()
    {
        using var detector = ToyDetector.Create(1);
        var options = Still with { Epochs = 1, EvaluateEvery = 0, Schedule = LearningRateSchedule.Constant, RateBatchSize = 16 };
        var history = await Trainer.For(detector, options).FitAsync(ToyScenes.Create(8, 1));
        Assert.Equal(1e-12 * 4 / 16, history.Epochs[0].LearningRate, 1e-24);
    }

    [Fact]
    public void Layers_learn_the_more_slowly_the_earlier_they_are()
    {
        using var detector = ToyDetector.Create(1);
        var groups = LayerRates.Of(detector.Description, 0.5).ToArray();
        Assert.Empty(LayerRates.Of(detector.Description, 1));
        foreach (var tensor in detector.Description.Tensors.Where(t => t.IsTrainable && t.Key.StartsWith("backbone.body.", StringComparison.Ordinal)))
        {
            var stage = tensor.Key["backbone.body.".Length..];
            var expected = stage.StartsWith("layer", StringComparison.Ordinal) ? Math.Pow(0.5, 5 - (stage["layer".Length] - '0')) : Math.Pow(0.5, 5);
            Assert.Equal(expected, groups.First(g => tensor.Key.StartsWith(g.Prefix, StringComparison.Ordinal)).LearningRateFactor);
        }

        // The optimiser takes them as they are, after those that are named.
        var optimizer = detector.CreateOptimizer(new AdamW(), [new ParameterGroup("backbone.body.conv1") { LearningRateFactor = 7 }, .. groups]);
        Assert.Contains(optimizer.Groups, g => g.LearningRateFactor == 7);
        Assert.Contains(optimizer.Groups, g => g.LearningRateFactor == 1);
        Assert.Contains(optimizer.Groups, g => g.LearningRateFactor < 1);
    }

    [Fact]
    public void A_pretrained_backbone_learns_at_three_tenths_of_the_rate_unless_said_otherwise()
    {
        using var detector = ToyDetector.Create(1);
        Assert.Equal(1, Still.BackboneFactor);
        Assert.Equal(0.3, (Still with { Pretrained = true }).BackboneFactor);
        Assert.Equal(0.5, (Still with { Pretrained = true, BackboneRate = 0.5 }).BackboneFactor);
        Assert.All(LayerRates.Of(detector.Description, 1, 0.3), g => Assert.Equal(0.3, g.LearningRateFactor));
        Assert.Equal(
            LayerRates.Of(detector.Description, 0.5).Select(g => 0.3 * g.LearningRateFactor),
            LayerRates.Of(detector.Description, 0.5, 0.3).Select(g => g.LearningRateFactor));
    }

    [Fact]
    public async Task Weights_of_a_package_that_is_missing_are_told_with_the_line_that_brings_it()
    {
        using var detector = ToyDetector.Create(1);
        var error = await Assert.ThrowsAsync<CheckpointException>(
            () => Trainer.For(detector, Still with { Epochs = 1, Pretrained = true }).FitAsync(ToyScenes.Create(8, 1)));
        Assert.Contains("there is no package of weights for Toy", error.Message, StringComparison.Ordinal);

        // The package is not this project's.
        error = Assert.Throws<CheckpointException>(
            () => PretrainedBackbone.FilesOf(detector.Description with { Backbone = nameof(Backbone.ResNet18MicrosoftML) }));
        Assert.EndsWith(
            "Add it to the project of the application: <PackageReference Include=\"Microsoft.ML.DnnImageFeaturizer.ResNet18\" Version=\"0.23.1\" "
            + "IncludeAssets=\"build\" />",
            error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Frozen_norms_over_random_weights_are_told_before_the_first_step_and_loaded_weights_are_not()
    {
        using var folder = new TempFolder();
        var options = Still with { Epochs = 1, EvaluateEvery = 0 };
        Assert.Contains("frozen batch norms", Assert.Single(await Advice(() => ToyDetector.Create(1, null, ToyProgram.Frozen))), StringComparison.Ordinal);
        Assert.Empty(await Advice(() => ToyDetector.Create(1)));
        using (var saved = ToyDetector.Create(1, null, ToyProgram.Frozen))
        {
            saved.Save(folder.File("own.safetensors"));
        }

        Assert.Empty(await Advice(() => ToyDetector.Load(folder.File("own.safetensors"), null, ToyProgram.Frozen)));

        async Task<List<string>> Advice(Func<Detector<ToyClass>> create)
        {
            using var detector = create();
            var told = new List<TrainingProgress>();
            await Trainer.For(detector, options).FitAsync(ToyScenes.Create(8, 1), null, new Collect(told));
            return [.. told.Where(p => p.Stage == TrainingStage.Starting).Select(p => p.Message!)];
        }
    }

    [Fact]
    public void Choices_out_of_range_are_named()
    {
        using var detector = ToyDetector.Create(1);
        Refuses("TimeLimit is -1: expected more than 0 seconds", Still with { TimeLimit = TimeSpan.FromSeconds(-1) });
        Refuses("BatchSize is -1", Still with { BatchSize = -1 });
        Refuses("RateBatchSize is 0", Still with { RateBatchSize = 0 });
        Refuses("LayerDecay is 1.5", Still with { LayerDecay = 1.5 });
        Refuses("BackboneRate is -1", Still with { BackboneRate = -1 });
        Refuses("Patience is -1", Still with { Patience = -1 });
        Refuses("OneCycleSchedule.RisingShare is 1", Still with { Schedule = new OneCycleSchedule(1) });

        void Refuses(string expected, TrainerOptions options) =>
            Assert.Contains(expected, Assert.Throws<ArgumentException>(() => Trainer.For(detector, options)).Message, StringComparison.Ordinal);
    }

    private sealed class Collect(List<TrainingProgress> all) : IProgress<TrainingProgress>
    {
        /// <summary>Cancelled at the second step.</summary>
        public CancellationTokenSource? At { get; init; }

        public void Report(TrainingProgress value)
        {
            all.Add(value);
            if (all.Count(p => p.Stage == TrainingStage.Training) == 2)
            {
                At?.Cancel();
            }
        }
    }
}
