using Fovea.CompilerServices;
using Fovea.Cuda.Checks;
using Fovea.Training;

namespace Fovea.Cuda.Tests.Models;

/// <summary>Small models over the simulated GPU, and how they are compared with the CPU's: two pictures, a few boxes.</summary>
internal static class SimulatedModels
{
    private const int Images = 2;
    private const int Side = 64;
    private static readonly int[] Classes = [0, 2, 1];
    private static readonly float[] Boxes = [4, 6, 30, 28, 20, 18, 60, 62, 33, 3, 50, 21];

    /// <summary>A driver over the simulated GPU; skips the test where nothing can be compiled.</summary>
    /// <param name="reverse">Whether captured work runs in another order than it was issued in, where streams and events allow it.</param>
    public static CudaDriver Open(bool reverse = false)
    {
        Skip.If(NativeBuild.Obstacle is not null, NativeBuild.Obstacle);
        Skip.IfNot(OperatingSystem.IsLinux(), "The simulated GPU is a Linux library.");
        return SimulatedGpu.Open(KernelLibraries.Folder, reverse: reverse);
    }

    /// <summary>A detector with the same weights on every device.</summary>
    public static Detector Create(string name, DetectorOptions options) => name switch
    {
        "toy" => ToyDetector.Create(seed: 7, options),
        _ => GroupedDetector.Create(seed: 7, options),
    };

    /// <summary>Scores about one half, where the prior's would be below the threshold.</summary>
    public static void Excite(Detector detector)
    {
        const string Bias = "head.classification_head.cls_logits.bias";
        detector.WriteTensor(Bias, new float[detector.ReadTensor(Bias).Length]);
    }

    /// <summary>
    /// Four training steps: losses and norms by the precision; in float32 also every tensor afterwards. On the device the first step is
    /// issued, the second captured, the others replayed.
    /// </summary>
    /// <param name="afterStep">Told after each step of the device's; null for nobody.</param>
    public static void AssertStepsAgree(Detector cpu, Detector cuda, string rule, Precision precision, Action? afterStep = null)
    {
        using var expected = new Trained(cpu, rule);
        using var actual = new Trained(cuda, rule);
        for (var step = 1; step <= 4; step++)
        {
            var (e, a) = (expected.Step(), actual.Step());
            afterStep?.Invoke();
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

    /// <summary>
    /// Steps of three batches each with averages of the weights: losses and norms by the precision; in float32 also every tensor and its average
    /// afterwards, and both again where they have changed places twice. Each kind of batch is issued, captured and replayed.
    /// </summary>
    public static void AssertAveragesAgree(Detector cpu, Detector cuda, Precision precision)
    {
        const int Batches = 3;
        using var expected = new Trained(cpu, "sgd", new WeightAveraging { Decay = 0.8, Share = 0.5 });
        using var actual = new Trained(cuda, "sgd", new WeightAveraging { Decay = 0.8, Share = 0.5 });
        for (var step = 1; step <= 4; step++)
        {
            var (e, a) = (expected.StepOf(Batches), actual.StepOf(Batches));
            var tolerance = Tolerance(precision) * step;
            Near($"step {step} classification loss", e.Classification, a.Classification, tolerance);
            Near($"step {step} box loss", e.Box, a.Box, tolerance);
            Near($"step {step} gradient norm", e.GradientNorm, a.GradientNorm, 4 * tolerance);
        }

        Assert.Equal((4, 4L * Batches), (actual.Steps, cuda.Model.BatchesTracked));
        for (var exchange = 0; exchange < 3 && precision == Precision.Float32; exchange++)
        {
            foreach (var tensor in cpu.Description.Tensors)
            {
                Check.Close(tensor.Key, cpu.ReadTensor(tensor.Key), cuda.ReadTensor(tensor.Key), 2e-3);
            }

            cpu.Model.ExchangeAverages();
            cuda.Model.ExchangeAverages();
        }
    }

    /// <summary>Losses of a forward pass, which leaves statistics and weights.</summary>
    public static void AssertForwardAgrees(Detector cpu, Detector cuda)
    {
        using var expected = new Trained(cpu, "sgd");
        using var actual = new Trained(cuda, "sgd");
        var before = cuda.Description.Tensors.Select(t => cuda.ReadTensor(t.Key)).ToArray();
        for (var pass = 0; pass < 2; pass++)
        {
            var (e, a) = (new ForwardPass(cpu.Model).Run(expected.Session), new ForwardPass(cuda.Model).Run(actual.Session));
            Near("classification loss", e.Classification, a.Classification, Tolerance(Precision.Float32));
            Near("box loss", e.Box, a.Box, Tolerance(Precision.Float32));
            Assert.Equal(before, cuda.Description.Tensors.Select(t => cuda.ReadTensor(t.Key)));
        }
    }

    /// <summary>The gradient of every tensor that is learned, in float32, and the matches of boxes and anchors.</summary>
    public static void AssertGradientsAgree(Detector cpu, Detector cuda)
    {
        using var expected = new Trained(cpu, "sgd");
        using var actual = new Trained(cuda, "sgd");
        expected.Session.ForwardBackward();
        actual.Session.ForwardBackward();
        foreach (var tensor in cpu.Description.Tensors.Where(t => t.Storage == TensorStorage.Trainable))
        {
            Check.Close(tensor.Key, expected.Session.ReadGradient(tensor.Key), actual.Session.ReadGradient(tensor.Key), 1e-3);
        }

        for (var level = 0; level < expected.Session.Plan.Matches.Levels; level++)
        {
            Assert.Equal(expected.Session.ReadMatches(level), actual.Session.ReadMatches(level));
        }
    }

    /// <summary>Logits and deltas of three detections by the precision; in float32 also what was found.</summary>
    public static void AssertDetectionsAgree(Detector cpu, Detector cuda, Precision precision)
    {
        Excite(cpu);
        Excite(cuda);
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

    private static void AssertSame(InferenceSession expected, InferenceSession actual, Precision precision)
    {
        var tolerance = precision == Precision.Float32 ? 2e-4 : 3e-2;
        for (var level = 0; level < expected.Plan.Logits.Levels; level++)
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

    private static float[] Pixels() => Numbers.Random(11, Images * Side * Side * 3L, -2, 2);

    private static double Tolerance(Precision precision) => precision switch
    {
        Precision.Float32 => 2e-4,
        Precision.TensorFloat32 => 1e-2,
        _ => 6e-2,
    };

    private static void Near(string name, double expected, double actual, double tolerance) => Assert.True(
        Math.Abs(expected - actual) <= tolerance * Math.Max(0.1, Math.Abs(expected)), $"{name}: expected {expected}, actual {actual}");

    /// <summary>A detector in training on two pictures.</summary>
    public sealed class Trained : IDisposable
    {
        private readonly Optimizer optimizer;
        private readonly AccumulatedStep step;

        public Trained(Detector detector, string rule, WeightAveraging? averaging = null)
        {
            Session = detector.CreateTrainingSession(Images, Side, Side, maxBoxes: 4);
            Session.SetInput(Pixels());
            Session.SetTruth(0, Boxes, Classes);
            Session.SetTruth(1, Boxes.AsSpan(4, 4), Classes.AsSpan(1, 1));
            optimizer = detector.CreateOptimizer(rule == "sgd" ? new Sgd { Momentum = 0.9 } : new AdamW());
            step = new AccumulatedStep(detector.Model, optimizer);
            if (averaging is not null)
            {
                optimizer.Averaging = averaging;
                detector.Model.BeginAverages();
            }
        }

        public TrainingSession Session { get; }

        public int Steps => optimizer.Steps;

        public StepResult Step() => Session.Step(optimizer, 1e-3, maxGradientNorm: 5);

        /// <summary>A step of several batches, which differ in their brightness.</summary>
        public StepResult StepOf(int batches)
        {
            var result = default(StepResult);
            step.Begin(batches);
            for (var i = 0; i < batches; i++)
            {
                Session.SetInput(Array.ConvertAll(Pixels(), v => v * (1 + i)));
                result = step.Add(Session, 1e-3, 5);
            }

            return result;
        }

        public void Dispose() => Session.Dispose();
    }
}
