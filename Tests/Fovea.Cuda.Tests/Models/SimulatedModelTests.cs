using Fovea.Cuda.Checks;
using Fovea.Cuda.Tests.Support;
using Fovea.Training;

namespace Fovea.Cuda.Tests.Models;

/// <summary>
/// Whole generated models over the simulated GPU against the CPU backend: the same declared network, weights, pictures and boxes.
/// The first step is issued call by call, the second is captured, the third replayed.
/// </summary>
[Collection(Simulated.Name)]
public class SimulatedModelTests
{
    private const int Images = 2;
    private const int Side = 64;
    private static readonly int[] Classes = [0, 2, 1];
    private static readonly float[] Boxes = [4, 6, 30, 28, 20, 18, 60, 62, 33, 3, 50, 21];

    public static TheoryData<string, string, Precision> Steps => new()
    {
        { "toy", "sgd", Precision.Float32 },
        { "toy", "adam", Precision.Float32 },
        { "toy", "sgd", Precision.TensorFloat32 },
        { "toy", "sgd", Precision.BFloat16 },
        { "toy", "sgd", Precision.Float16 },
        { "grouped", "sgd", Precision.Float32 },
        { "grouped", "adam", Precision.BFloat16 },
    };

    [SkippableTheory, MemberData(nameof(Steps))]
    public void Training_steps_agree_with_the_CPU(string name, string rule, Precision precision)
    {
        using var driver = SimulatedDetector.OpenDriver();
        using var cpu = Create(name, new DetectorOptions { Device = Device.Cpu, Threads = 1 });
        using var cuda = Create(name, new DetectorOptions { Device = Device.Cuda, CudaDriver = driver, Precision = precision });
        using var expected = new Trained(cpu, rule);
        using var actual = new Trained(cuda, rule);
        for (var step = 1; step <= 4; step++)
        {
            var (e, a) = (expected.Step(), actual.Step());
            var tolerance = Tolerance(precision) * step;
            Near($"step {step} classification loss", e.Classification, a.Classification, tolerance);
            Near($"step {step} box loss", e.Box, a.Box, tolerance);
            Near($"step {step} gradient norm", e.GradientNorm, a.GradientNorm, 4 * tolerance);
            Assert.Equal(e.Foreground, a.Foreground);
        }

        if (precision == Precision.Float32)
        {
            foreach (var tensor in cpu.Description.Tensors)
            {
                Check.Close(tensor.Key, cpu.ReadTensor(tensor.Key), cuda.ReadTensor(tensor.Key), 2e-3);
            }
        }
    }

    [SkippableTheory, InlineData("toy"), InlineData("grouped")]
    public void Gradients_agree_with_the_CPU(string name)
    {
        using var driver = SimulatedDetector.OpenDriver();
        using var cpu = Create(name, new DetectorOptions { Device = Device.Cpu, Threads = 1 });
        using var cuda = Create(name, new DetectorOptions { Device = Device.Cuda, CudaDriver = driver, Precision = Precision.Float32 });
        using var expected = new Trained(cpu, "sgd");
        using var actual = new Trained(cuda, "sgd");
        expected.Session.ForwardBackward();
        actual.Session.ForwardBackward();
        foreach (var tensor in cpu.Description.Tensors.Where(t => t.Storage == Model.TensorStorage.Trainable))
        {
            Check.Close(tensor.Key, expected.Session.ReadGradient(tensor.Key), actual.Session.ReadGradient(tensor.Key), 1e-3);
        }

        for (var level = 0; level < expected.Session.Plan.Matches.Length; level++)
        {
            Assert.Equal(expected.Session.ReadMatches(level), actual.Session.ReadMatches(level));
        }
    }

    [SkippableTheory, InlineData("toy", Precision.Float32), InlineData("grouped", Precision.Float32), InlineData("toy", Precision.BFloat16)]
    public void Detections_agree_with_the_CPU(string name, Precision precision)
    {
        using var driver = SimulatedDetector.OpenDriver();
        using var cpu = Create(name, new DetectorOptions { Device = Device.Cpu, Threads = 1 });
        using var cuda = Create(name, new DetectorOptions { Device = Device.Cuda, CudaDriver = driver, Precision = precision });
        SimulatedDetector.Excite(cpu);
        SimulatedDetector.Excite(cuda);
        using var expected = cpu.CreateSession(Images, Side, Side);
        using var actual = cuda.CreateSession(Images, Side, Side);
        expected.SetInput(Pixels());
        actual.SetInput(Pixels());
        expected.Run();
        for (var run = 0; run < 3; run++)
        {
            actual.Run();
            AssertSame(expected, actual, precision);
        }
    }

    [SkippableFact]
    public void A_tap_that_is_added_later_sees_the_steps_and_changes_none()
    {
        using var driver = SimulatedDetector.OpenDriver();
        using var cpu = Create("toy", new DetectorOptions { Device = Device.Cpu, Threads = 1 });
        using var cuda = Create("toy", new DetectorOptions { Device = Device.Cuda, CudaDriver = driver, Precision = Precision.Float32 });
        using var expected = new Trained(cpu, "sgd");
        using var actual = new Trained(cuda, "sgd");
        var seen = 0;
        for (var step = 0; step < 4; step++)
        {
            if (step == 3)
            {
                actual.Session.Tap("P3", (_, _, _) => seen++);
            }

            expected.Step();
            actual.Step();
        }

        Assert.Equal((1, 4), (seen, actual.Steps));
        foreach (var tensor in cpu.Description.Tensors)
        {
            Check.Close(tensor.Key, cpu.ReadTensor(tensor.Key), cuda.ReadTensor(tensor.Key), 2e-3);
        }
    }

    private static void AssertSame(InferenceSession expected, InferenceSession actual, Precision precision)
    {
        var tolerance = precision == Precision.Float32 ? 2e-4 : 3e-2;
        for (var level = 0; level < expected.Plan.Logits.Length; level++)
        {
            Check.Close($"logits {level}", expected.ReadLogits(level), actual.ReadLogits(level), tolerance);
            Check.Close($"deltas {level}", expected.ReadDeltas(level), actual.ReadDeltas(level), tolerance);
        }

        for (var image = 0; image < Images && precision == Precision.Float32; image++)
        {
            var (e, a) = (new RawDetection[expected.MaxDetections], new RawDetection[expected.MaxDetections]);
            Assert.Equal(expected.ReadDetections(image, e), actual.ReadDetections(image, a));
            Assert.True(e[0].Score > 0.05f);
            Assert.Equal(e.Select(d => d.Channel), a.Select(d => d.Channel));
            Check.Close("scores", e.Select(d => d.Score).ToArray(), a.Select(d => d.Score).ToArray(), 1e-4);
        }
    }

    private static Detector Create(string name, DetectorOptions options) => name switch
    {
        "toy" => ToyDetector.Create(seed: 7, options),
        _ => GroupedDetector.Create(seed: 7, options),
    };

    private static float[] Pixels() => Check.Random(11, Images * Side * Side * 3L, -2, 2);

    private static double Tolerance(Precision precision) => precision switch
    {
        Precision.Float32 => 2e-4,
        Precision.TensorFloat32 => 1e-2,
        _ => 6e-2,
    };

    private static void Near(string name, double expected, double actual, double tolerance) => Assert.True(
        Math.Abs(expected - actual) <= tolerance * Math.Max(0.1, Math.Abs(expected)), $"{name}: expected {expected}, actual {actual}");

    /// <summary>A detector in training on two pictures.</summary>
    private sealed class Trained : IDisposable
    {
        private readonly Optimizer optimizer;

        public Trained(Detector detector, string rule)
        {
            Session = detector.CreateTrainingSession(Images, Side, Side, maxBoxes: 4);
            Session.SetInput(Pixels());
            Session.SetTruth(0, Boxes, Classes);
            Session.SetTruth(1, Boxes.AsSpan(4, 4), Classes.AsSpan(1, 1));
            optimizer = detector.CreateOptimizer(rule == "sgd" ? new Sgd { Momentum = 0.9 } : new AdamW());
        }

        public TrainingSession Session { get; }

        public int Steps => optimizer.Steps;

        public StepResult Step() => Session.Step(optimizer, 1e-3, maxGradientNorm: 5);

        public void Dispose() => Session.Dispose();
    }
}
