using Fovea.CompilerServices;
using Fovea.Devices;
using Fovea.Steps;
using Fovea.Tests.Checkpoints;
using Fovea.Tests.Support;
using Fovea.Training;

namespace Fovea.Tests.Training;

/// <summary>Steps of several batches.</summary>
public class AccumulationTests
{
    private static readonly TrainerOptions Options = new()
    {
        Epochs = 2,
        BatchSize = 2,
        AccumulateBatches = 2,
        Optimizer = new Sgd { LearningRate = 1e-2, Momentum = 0, WeightDecay = 0 },
        MaxGradientNorm = 0,
        EvaluateEvery = 0,
        Schedule = LearningRateSchedule.Constant,
        WarmupIterations = 0,
    };

    [Fact]
    public void The_gradient_of_a_step_is_the_mean_of_its_batches_gradients()
    {
        using var apart = ToyDetector.Create(3);
        using var together = ToyDetector.Create(3);
        using var loader = ToySteps.Loader(apart, ToyScenes.Create(6, 1), Options);
        using var one = ToySteps.Session(apart, loader, Options.BatchSize);
        using var all = ToySteps.Session(together, loader, Options.BatchSize);
        var optimizer = together.CreateOptimizer(Options.Optimizer);
        var step = new AccumulatedStep(together.Model, optimizer);
        var (gradients, losses, result) = (new List<float[]>(), new List<StepResult>(), default(StepResult));
        step.Begin(3);
        foreach (var batch in loader.Epoch(0))
        {
            one.SetBatch(batch);
            losses.Add(one.ForwardBackward());
            gradients.Add(ToySteps.Read(apart, StateBuffer.Gradients));
            all.SetBatch(batch);
            result = step.Add(all, 0.1, 0);
        }

        Assert.Equal(3, gradients.Count);
        var mean = gradients[0].Select((_, i) => ((gradients[0][i] + gradients[1][i]) + gradients[2][i]) / 3).ToArray();
        Numbers.SameBits("mean", mean, ToySteps.Read(together, StateBuffer.Gradients));
        Assert.Equal(losses.Average(l => l.Classification), result.Classification, 1e-12);
        Assert.Equal(losses.Average(l => l.Box), result.Box, 1e-12);
        Assert.Equal(losses.Sum(l => l.Foreground), result.Foreground);
        Assert.Equal(Math.Sqrt(mean.Sum(g => (double)g * g)), result.GradientNorm, 1e-6);
        Assert.Equal((1, 3L), (optimizer.Steps, together.Model.BatchesTracked));
    }

    /// <summary>The toy's gradients have the batch's norm statistics, so that its running ones, which move alike, are no matter.</summary>
    [Fact]
    public async Task A_training_does_what_a_loop_by_hand_does()
    {
        using var trained = ToyDetector.Create(3);
        var train = ToyScenes.Create(10, 1);
        var history = await Trainer.For(trained, Options).FitAsync(train);

        // Five batches in an epoch: two steps of two, and one of the one that is left.
        Assert.Equal([3, 3], history.Epochs.Select(e => e.Iterations));

        using var byHand = ToyDetector.Create(3);
        using var loader = ToySteps.Loader(byHand, train, Options);
        using var session = ToySteps.Session(byHand, loader, Options.BatchSize);
        var learned = byHand.Description.Tensors.Where(t => t.Storage == TensorStorage.Trainable).ToArray();
        for (var epoch = 0; epoch < Options.Epochs; epoch++)
        {
            var (sums, count, left) = (learned.Select(t => new double[t.Length]).ToArray(), 0, loader.CountBatches(epoch));
            foreach (var batch in loader.Epoch(epoch))
            {
                session.SetBatch(batch);
                session.ForwardBackward();
                for (var t = 0; t < learned.Length; t++)
                {
                    sums[t] = [.. sums[t].Zip(session.ReadGradient(learned[t].Key), (s, g) => s + g)];
                }

                count++;
                left--;
                if (count < Options.AccumulateBatches && left > 0)
                {
                    continue;
                }

                for (var t = 0; t < learned.Length; t++)
                {
                    byHand.WriteTensor(
                        learned[t].Key, [.. byHand.ReadTensor(learned[t].Key).Zip(sums[t], (p, s) => (float)(p - (1e-2 * s / count)))]);
                    Array.Clear(sums[t]);
                }

                count = 0;
            }
        }

        foreach (var tensor in learned)
        {
            Numbers.Close(tensor.Key, Numbers.Doubles(byHand.ReadTensor(tensor.Key)), trained.ReadTensor(tensor.Key), 1e-5);
        }

        Assert.Equal(byHand.Model.BatchesTracked, trained.Model.BatchesTracked);
    }

    [Fact]
    public async Task Steps_of_several_batches_have_the_same_bits_at_any_number_of_threads()
    {
        using var expected = ToyDetector.Create(3, new DetectorOptions { Threads = 1 });
        using var actual = ToyDetector.Create(3, new DetectorOptions { Threads = 4 });
        var options = Options with { AccumulateBatches = 3, Optimizer = new AdamW(), Averaging = new() { Decay = 0.9, Share = 0.5 } };
        await Trainer.For(expected, options).FitAsync(ToyScenes.Create(16, 1));
        await Trainer.For(actual, options).FitAsync(ToyScenes.Create(16, 1));
        CheckpointTests.AssertSame(expected, actual);
    }

    [Theory, InlineData(1), InlineData(2)]
    public void A_batch_that_diverges_leaves_the_whole_step_out(int wrong)
    {
        using var detector = ToyDetector.Create(3);
        using var loader = ToySteps.Loader(detector, ToyScenes.Create(6, 1), Options);
        using var session = ToySteps.Session(detector, loader, Options.BatchSize);
        var optimizer = detector.CreateOptimizer(Options.Optimizer);
        optimizer.Averaging = new WeightAveraging { Decay = 0.5, Share = 1 };
        detector.Model.BeginAverages();
        var step = new AccumulatedStep(detector.Model, optimizer);
        Step(3, -1);
        var before = State();
        Assert.Throws<TrainingDivergedException>(() => Step(3, wrong));
        Assert.Equal(before, State());
        Assert.Equal(1, optimizer.Steps);

        // Where there are no more batches the step is undone by hand; one that is taken cannot be.
        Step(wrong, -1);
        Assert.NotEqual(before, State());
        step.Undo();
        Assert.Equal(before, State());
        Step(3, -1);
        var after = State();
        step.Undo();
        Assert.Equal(after, State());

        void Step(int batches, int bad)
        {
            step.Begin(3);
            foreach (var batch in loader.Epoch(0).Take(batches))
            {
                session.SetBatch(batch);
                if (bad-- == 0)
                {
                    session.SetInput(ToySteps.NotANumber(session));
                }

                step.Add(session, 1e-3, 0);
            }
        }

        string State() => Convert.ToBase64String(ToySteps.State(detector))
            + string.Join(' ', ToySteps.Read(detector, StateBuffer.AveragedParameters).Concat(ToySteps.Read(detector, StateBuffer.AveragedStatistics)));
    }

    [Fact]
    public async Task A_step_whose_second_batch_cannot_be_read_is_taken_again_when_the_training_is_resumed()
    {
        using var folder = new TempFolder();
        using var straight = ToyDetector.Create(3);
        var train = new DamagedScenes(ToyScenes.Create(8, 1)) { Bad = -1 };
        var options = Options with { Epochs = 1, Optimizer = new AdamW(), Averaging = new WeightAveraging { Decay = 0.9 } };
        await Trainer.For(straight, options).FitAsync(train);

        using var stopped = ToyDetector.Create(3);
        using (var loader = ToySteps.Loader(stopped, train, options))
        {
            train.Bad = loader.Epoch(0).Skip(3).First().Indices[1];
        }

        var saved = options with { Folder = folder.Path };
        await Assert.ThrowsAsync<InvalidImageException>(() => Trainer.For(stopped, saved).FitAsync(train));
        Assert.Equal(2, stopped.Model.BatchesTracked);
        train.Bad = -1;
        using var resumed = ToyDetector.Create(9);
        await Trainer.For(resumed, saved with { Resume = true }).FitAsync(train);
        CheckpointTests.AssertSame(straight, resumed);
        Assert.Equal(straight.Model.BatchesTracked, resumed.Model.BatchesTracked);
    }

    [Fact]
    public async Task A_step_that_diverges_is_left_out_with_all_its_batches()
    {
        using var detector = ToyDetector.Create(3);
        var spoilt = detector.ReadTensor("backbone.body.conv1.weight");
        var told = new List<string>();
        var whole = (float[])spoilt.Clone();
        spoilt[0] = float.NaN;
        var progress = new Told(p =>
        {
            detector.WriteTensor("backbone.body.conv1.weight", p is { Epoch: 1, Iteration: 1 } ? spoilt : whole);
            told.AddRange(p.Stage == TrainingStage.Diverged ? [p.Message!] : []);
        });
        var history = await Trainer.For(detector, Options with { OnDivergence = OnDivergence.Skip }).FitAsync(ToyScenes.Create(8, 1), null, progress);
        Assert.Contains("epoch 1, iteration 2", Assert.Single(told), StringComparison.Ordinal);
        Assert.Contains("the step of 2 batches is left out", told[0], StringComparison.Ordinal);
        Assert.Equal([2, 2], history.Epochs.Select(e => e.Iterations));
        Assert.Equal(6, detector.Model.BatchesTracked);
    }

    private sealed class Told(Action<TrainingProgress> told) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Stage is TrainingStage.Training or TrainingStage.Diverged)
            {
                told(value);
            }
        }
    }
}
