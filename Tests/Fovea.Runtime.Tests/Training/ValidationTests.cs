using Fovea.CompilerServices;
using Fovea.Ops.Conv;
using Fovea.Ops.Norm;
using Fovea.Tests.Support;
using Fovea.Training;

namespace Fovea.Tests.Training;

/// <summary>Forward passes between epochs: the losses on the validation set, and norm statistics that are estimated anew.</summary>
public class ValidationTests
{
    private static readonly TrainerOptions Options = new()
    {
        Epochs = 2,
        BatchSize = 4,
        Optimizer = new Sgd { LearningRate = 1e-3 },
        MaxGradientNorm = 5,
    };

    [Fact]
    public async Task The_losses_on_the_validation_set_are_the_mean_over_its_images()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(2);
        var validation = ToyScenes.Create(6, 2);
        var history = await Trainer.For(detector, Options with { Folder = folder.Path, RestoreBest = false })
            .FitAsync(ToyScenes.Create(8, 1), validation);

        // Batches of four and of two.
        using var loader = new DataLoader<ToyClass>(validation, detector.Fitter, LoaderOptions.ForEvaluation(Options.BatchSize));
        var (classification, box) = (0.0, 0.0);
        foreach (var batch in loader.Epoch(0))
        {
            using var session = ToySteps.Session(detector, loader, batch.Count);
            session.SetBatch(batch);
            var result = session.ForwardBackward();
            (classification, box) = (classification + (result.Classification * batch.Count), box + (result.Box * batch.Count));
        }

        var last = history.Epochs[^1];
        Assert.Equal(classification / 6, last.ValidationClassification!.Value, 1e-6);
        Assert.Equal(box / 6, last.ValidationBox!.Value, 1e-6);
        Assert.Equal(history.Epochs, TrainingHistory.Parse(await File.ReadAllTextAsync(folder.File("history.jsonl"))).Epochs);
    }

    [Theory]
    [InlineData(true, 12)]
    [InlineData(false, 6)]
    public async Task How_far_it_is_is_told_from_the_first_image_to_the_last(bool losses, int total)
    {
        using var detector = ToyDetector.Create(2);
        var told = new List<(int Done, int Total)>();
        var options = Options with { Epochs = 1, ValidationLoss = losses };
        await Trainer.For(detector, options).FitAsync(ToyScenes.Create(8, 1), ToyScenes.Create(6, 2), new Evaluating(told));
        Assert.Equal(told.Select(t => t.Done).Distinct().Order(), told.Select(t => t.Done));
        Assert.All(told, t => Assert.Equal(total, t.Total));
        Assert.True(told is [{ Done: <= 4 }, .., { } last] && last.Done == total, string.Join(' ', told));
    }

    [Fact]
    public async Task The_losses_are_measured_only_where_they_are_wanted()
    {
        using var detector = ToyDetector.Create(2);
        var (train, validation) = (ToyScenes.Create(8, 1), ToyScenes.Create(4, 2));
        var without = await Trainer.For(detector, Options with { ValidationLoss = false }).FitAsync(train, validation);
        Assert.All(without.Epochs, e => Assert.Equal((null, null), (e.ValidationClassification, e.ValidationBox)));
        var seldom = await Trainer.For(detector, Options with { EvaluateEvery = 2 }).FitAsync(train, validation);
        Assert.Equal([false, true], seldom.Epochs.Select(e => e.ValidationBox is not null));
    }

    [Fact]
    public void A_history_from_before_there_were_these_losses_is_read()
    {
        const string Old = """
            {"epoch":1,"iterations":3,"classification":1.5,"box":0.5,"gradient_norm":2,"learning_rate":0.1,"seconds":4,"ap":0.25,"ap50":0.5}
            """;
        var epoch = Assert.Single(TrainingHistory.Parse(Old).Epochs);
        Assert.Equal(new EpochRecord(1, 3, 1.5, 0.5, 2, 0.1, 4, 0.25, 0.5), epoch);
    }

    [Fact]
    public void A_loss_that_is_no_number_is_left_out()
    {
        using var detector = ToyDetector.Create(2);
        detector.WriteTensor("backbone.body.conv2.weight", [.. detector.ReadTensor("backbone.body.conv2.weight").Select(_ => float.NaN)]);
        using var loader = new DataLoader<ToyClass>(ToyScenes.Create(4, 2), detector.Fitter, LoaderOptions.ForEvaluation(4));
        using var session = ToySteps.Session(detector, loader, 4);
        var statistics = ToySteps.Read(detector, Fovea.Devices.StateBuffer.Statistics);
        Assert.Equal(default, ValidationLoss.Measure(detector.Model, loader.Epoch(0), _ => session, _ => { }, CancellationToken.None));
        Assert.Equal(statistics, ToySteps.Read(detector, Fovea.Devices.StateBuffer.Statistics));
    }

    [Theory, InlineData(1), InlineData(3)]
    public void Statistics_that_are_estimated_anew_are_the_mean_of_the_batches_moments(int threads)
    {
        using var detector = ToyDetector.Create(2, new DetectorOptions { Threads = threads });
        using var loader = ToySteps.Loader(detector, ToyScenes.Create(12, 1), Options);
        using var session = ToySteps.Session(detector, loader, Options.BatchSize);
        var optimizer = detector.CreateOptimizer(Options.Optimizer);
        foreach (var batch in loader.Epoch(0))
        {
            session.SetBatch(batch);
            session.Step(optimizer, 1e-2);
        }

        // What the norm normalises, from its convolution's input.
        var (batches, stem, p) = (new List<float[]>(), Array.Empty<float>(), ToyParameters.Instance);
        session.Tap("stem", (_, values, _) => stem = values.ToArray());
        var before = ToySteps.State(detector);
        foreach (var batch in loader.Epoch(1).Take(2))
        {
            session.SetBatch(batch);
            new ForwardPass(detector.Model).Run(session);
            batches.Add(stem);
        }

        Assert.Equal(before, ToySteps.State(detector));
        NormEstimate.Apply(detector.Model, loader.Epoch(1).Take(2), _ => session, CancellationToken.None);

        var (input, output) = (new FeatureMap(0, 4, 32, 32, 8), new FeatureMap(0, 4, 16, 16, 16));
        var weights = new float[p.Conv2.WeightLength];
        detector.Model.Read(Fovea.Devices.StateBuffer.Parameters, p.Conv2.Weight, weights);
        var (mean, variance) = (new double[16], new double[16]);
        foreach (var values in batches)
        {
            var x = new float[output.Length];
            ConvReference.Forward(values, input, weights, [], p.Conv2, x, output);
            var (batchMean, batchVariance) = (new double[16], new double[16]);
            BatchNormReference.UpdateRunning(Numbers.Doubles(x), 16, 1, batchMean, batchVariance);
            for (var c = 0; c < 16; c++)
            {
                (mean[c], variance[c]) = (mean[c] + (batchMean[c] / 2), variance[c] + (batchVariance[c] / 2));
            }
        }

        Numbers.Close("mean", mean, detector.ReadTensor("backbone.body.bn2.running_mean"), 1e-5);
        Numbers.Close("variance", variance, detector.ReadTensor("backbone.body.bn2.running_var"), 1e-5);

        // The other norm's statistics are read by forward, and by nobody moved.
        Assert.All(detector.ReadTensor("backbone.body.bn1.running_mean"), v => Assert.Equal(0, v));
        Assert.All(detector.ReadTensor("backbone.body.bn1.running_var"), v => Assert.Equal(1, v));
        Assert.Equal(3, detector.Model.BatchesTracked);
    }

    [Fact]
    public async Task Weights_that_are_kept_have_the_statistics_that_were_estimated()
    {
        using var folder = new TempFolder();
        using var plain = ToyDetector.Create(2);
        using var detector = ToyDetector.Create(2);
        var (train, options) = (ToyScenes.Create(16, 1), Options with { EvaluateEvery = 0 });
        await Trainer.For(plain, options).FitAsync(train);
        await Trainer.For(detector, options with { NormBatches = 2, Folder = folder.Path }).FitAsync(train);
        Assert.Equal(plain.ReadTensor("backbone.body.conv2.weight"), detector.ReadTensor("backbone.body.conv2.weight"));
        Assert.NotEqual(plain.ReadTensor("backbone.body.bn2.running_var"), detector.ReadTensor("backbone.body.bn2.running_var"));
        using var last = ToyDetector.Load(folder.File("last.safetensors"));
        Checkpoints.CheckpointTests.AssertSame(detector, last);

        // The training itself has its own.
        using var state = ToyDetector.Load(folder.File("training.safetensors"));
        Checkpoints.CheckpointTests.AssertSame(plain, state);

        using var loader = ToySteps.Loader(plain, train, options);
        using var session = ToySteps.Session(plain, loader, options.BatchSize);
        NormEstimate.Apply(plain.Model, loader.Epoch(1).Take(2), _ => session, CancellationToken.None);
        Checkpoints.CheckpointTests.AssertSame(plain, detector);
    }

    private sealed class Evaluating(List<(int Done, int Total)> told) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Stage == TrainingStage.Evaluating)
            {
                told.Add((value.Iteration, value.Iterations));
            }
        }
    }
}
