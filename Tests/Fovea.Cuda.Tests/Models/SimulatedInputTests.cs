using Fovea.Cuda.Checks;
using Fovea.Cuda.Tests.Support;

namespace Fovea.Cuda.Tests.Models;

/// <summary>The whole way of pictures to detections and losses, over the simulated GPU: as on the CPU, with prefetch as without.</summary>
[Collection(Simulated.Name)]
public class SimulatedInputTests
{
    private static readonly Augmentation Everything = new()
    {
        HorizontalFlip = 0.5,
        VerticalFlip = 0.5,
        MinScale = 0.6,
        MaxScale = 1.6,
        Brightness = 0.3,
        Contrast = 0.3,
        Saturation = 0.3,
    };

    [SkippableFact]
    public void Pictures_are_found_alike_on_both_devices()
    {
        using var driver = SimulatedModels.Open();
        using var cpu = Open(Device.Cpu, null);
        using var cuda = Open(Device.Cuda, driver);
        var images = Pictures.Images(4);
        var (expected, actual) = (cpu.DetectBatch(images), cuda.DetectBatch(images));
        for (var i = 0; i < images.Length; i++)
        {
            AssertAlike(expected[i], actual[i]);

            // One session for all of these, whose image memory grows and is used again.
            AssertAlike(cpu.Detect(images[i]), cuda.Detect(images[i]));
        }

        var options = new DetectOptions { ScoreThreshold = 0.3, NmsIoU = 0.3, MaxDetections = 9 };
        AssertAlike(cpu.Detect(images[0], options), cuda.Detect(images[0], options));

        var (known, found) = (cpu.Evaluate(Pictures.Dataset(6)).Summary, cuda.Evaluate(Pictures.Dataset(6)).Summary);
        Assert.True(known.AR100 > 0.01, $"AR {known.AR100}");
        Assert.Equal(known.AP50, found.AP50, 1e-3);
        Assert.Equal(known.AR100, found.AR100, 1e-3);
    }

    [SkippableTheory, InlineData(Precision.Float32, true, 5), InlineData(Precision.Float16, false, 3)]
    public void Prefetched_batches_train_to_the_same_bits(Precision precision, bool resizesOnDevice, int steps)
    {
        using var driver = SimulatedModels.Open();
        using var plain = Open(Device.Cuda, driver, precision);
        using var ahead = Open(Device.Cuda, driver, precision);
        var expected = Train(plain, steps, resizesOnDevice, prefetch: false);
        var actual = Train(ahead, steps, resizesOnDevice, prefetch: true);

        Assert.Equal(expected, actual);
        AssertSameWeights(plain, ahead);
    }

    [SkippableFact]
    public async Task The_trainer_takes_the_steps_of_a_loop_by_hand()
    {
        using var driver = SimulatedModels.Open();
        using var hand = Open(Device.Cuda, driver);
        using var trained = Open(Device.Cuda, driver);
        using var onCpu = Open(Device.Cpu, null);
        var expected = Train(hand, 5, resizesOnDevice: true, prefetch: false);
        var actual = await Fit(trained, 10);

        Assert.Equal(expected, actual);
        AssertSameWeights(hand, trained);
        AssertNear(await Fit(onCpu, 10), actual);
    }

    [SkippableFact]
    public async Task Batches_of_changing_canvases_train_and_are_found_as_on_the_CPU()
    {
        using var driver = SimulatedModels.Open();
        using var cpu = FlexibleDetector.Create(seed: 7, new DetectorOptions { Device = Device.Cpu, Threads = 1 });
        using var cuda = FlexibleDetector.Create(
            seed: 7, new DetectorOptions { Device = Device.Cuda, CudaDriver = driver, Precision = Precision.Float32 });
        SimulatedModels.Excite(cpu);
        SimulatedModels.Excite(cuda);
        var images = Pictures.Images(4);
        var (expected, actual) = (cpu.DetectBatch(images), cuda.DetectBatch(images));
        for (var i = 0; i < images.Length; i++)
        {
            AssertAlike(expected[i], actual[i]);
        }

        // Each batch's session takes over the arena, which grows while the next batch is on its way.
        AssertNear(await Fit(cpu, 12), await Fit(cuda, 12));
    }

    /// <summary>The trainer's steps on batches of two.</summary>
    private static async Task<List<StepResult>> Fit(Detector<Thing> detector, int pictures)
    {
        var options = new TrainerOptions
        {
            Epochs = 1,
            BatchSize = 2,
            Seed = 3,
            Optimizer = new Sgd { LearningRate = 1e-3, Momentum = 0.9 },
            MaxGradientNorm = 5,
            EvaluateEvery = 0,
            Schedule = LearningRateSchedule.Constant,
            WarmupIterations = 0,
            Augmentation = Everything,
        };
        var progress = new Collect();
        await Trainer.For(detector, options).FitAsync(Pictures.Dataset(pictures), null, progress);
        return progress.Steps;
    }

    /// <summary>Steps on batches of two; the first is issued, the second captured, the rest replayed.</summary>
    private static List<StepResult> Train(Detector<Thing> detector, int steps, bool resizesOnDevice, bool prefetch)
    {
        using var loader = new DataLoader<Thing>(Pictures.Dataset(2 * steps), detector.Fitter, LoaderOptions.ForTraining(2, seed: 3) with
        {
            Augmentation = Everything,
            ResizeOnDevice = resizesOnDevice,
        });
        using var session = detector.CreateTrainingSession(2, 64, 64, loader.MaxBoxes);
        var optimizer = detector.CreateOptimizer(new Sgd { Momentum = 0.9 }, null, decayNormsAndBiases: false);
        var results = new List<StepResult>();
        using var batches = loader.Epoch(0).GetEnumerator();
        var more = batches.MoveNext();
        while (more)
        {
            session.SetBatch(batches.Current);
            results.Add(session.Step(optimizer, 1e-3, 5, () =>
            {
                more = batches.MoveNext();
                if (more && prefetch)
                {
                    session.Prefetch(batches.Current);
                }
            }));
        }

        Assert.Equal(steps, results.Count);
        return results;
    }

    private static ToyDetector Open(Device device, CudaDriver? driver, Precision precision = Precision.Float32)
    {
        var detector = ToyDetector.Create(
            seed: 7, new DetectorOptions { Device = device, CudaDriver = driver, Precision = precision, Threads = 1 });
        SimulatedModels.Excite(detector);
        return detector;
    }

    private static void AssertNear(List<StepResult> expected, List<StepResult> actual)
    {
        Assert.Equal(expected.Select(s => s.Foreground), actual.Select(s => s.Foreground));
        for (var i = 0; i < expected.Count; i++)
        {
            Assert.Equal(expected[i].Loss, actual[i].Loss, 2e-3 * expected[i].Loss);
        }
    }

    private static void AssertAlike(IReadOnlyList<Detection<Thing>> expected, IReadOnlyList<Detection<Thing>> actual)
    {
        Assert.NotEmpty(expected);
        Assert.Equal(expected.Select(d => d.Class), actual.Select(d => d.Class));
        Check.Close("scores", [.. expected.Select(d => d.Score)], [.. actual.Select(d => d.Score)], 1e-4);
        Check.Close("boxes", Edges(expected), Edges(actual), 1e-3);

        static float[] Edges(IReadOnlyList<Detection<Thing>> found) =>
            [.. found.SelectMany(d => new[] { d.Box.X1, d.Box.Y1, d.Box.X2, d.Box.Y2 })];
    }

    private static void AssertSameWeights(Detector expected, Detector actual)
    {
        foreach (var tensor in expected.Description.Tensors)
        {
            Check.Same<float>(tensor.Key, expected.ReadTensor(tensor.Key), actual.ReadTensor(tensor.Key));
        }
    }

    /// <summary>Keeps the steps' results.</summary>
    private sealed class Collect : IProgress<TrainingProgress>
    {
        public List<StepResult> Steps { get; } = [];

        public void Report(TrainingProgress value)
        {
            if (value.Stage == TrainingStage.Training)
            {
                Steps.Add(value.Step);
            }
        }
    }
}
