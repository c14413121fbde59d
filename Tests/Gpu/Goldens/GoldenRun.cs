using Fovea.EndToEnd.Goldens;
using Fovea.Gpu.Machines;
using Fovea.Gpu.Running;
using Fovea.Tests.Goldens;

namespace Fovea.Gpu.Goldens;

/// <summary>One golden model on the device, compared as the end-to-end tests compare it on the CPU.</summary>
/// <param name="context">Takes entries.</param>
/// <param name="model">Which.</param>
internal sealed class GoldenRun(StageContext context, GoldenModel model)
{
    private const double ActivationTolerance = 1e-4;
    private const double GradientTolerance = 1e-3;
    private const string GradientPrefix = "grads/";

    /// <summary>bfloat16 has 8 bits: losses are sums over many anchors, whose errors partly cancel.</summary>
    private const double NarrowLossTolerance = 0.05;

    private static readonly string[] Layers = ["stem", "C2", "C3", "C4", "C5", "P3", "P4", "P5", "P6", "P7"];
    private readonly GoldenFixture golden = new(context.Options.Goldens, model.Id);

    /// <summary>Runs and compares everything.</summary>
    public void Run()
    {
        if (!golden.IsPresent)
        {
            context.Tell(model.Id, $"no {golden.Weights}", context.Machine.HasTimes ? false : null);
            return;
        }

        if (model.BatchStatistics)
        {
            context.Try(Name("batch statistics"), () => With(Precision.Float32, CompareBatchTraining));
            return;
        }

        context.Try(Name("detection"), () => With(Precision.Float32, CompareDetection));
        context.Try(Name("training"), () => With(Precision.Float32, CompareTraining));
        context.Try(Name("bfloat16"), () => With(Precision.BFloat16, CompareNarrow));
    }

    private string Name(string what) => $"{model.Id} {what}";

    private void With(Precision precision, Action<Detector> work)
    {
        using var driver = context.Machine.CreateDriver();
        using var detector = model.Create(Machine.OptionsFor(driver, precision));
        detector.LoadWeights(golden.Weights);
        work(detector);
    }

    private void CompareDetection(Detector detector)
    {
        var run = new ModelRun(detector);
        var found = run.Detect(golden.Input.F32, golden.Input.Shape, golden.ImageSizes, Layers);
        CompareActivations("detection activations", golden.Direct, run, found.Logits, found.Deltas);
        var anchors = new Comparison(context, Name("anchors"), 0);
        anchors.Same<float>("anchors", golden.Direct["anchors"].F32, found.Anchors);
        anchors.Tell();
        var detections = new Comparison(context, Name("detections"), ActivationTolerance);
        for (var n = 0; n < found.Detections.Length; n++)
        {
            DetectionSet.Compare(detections, $"det.{n}", golden.Direct, found.Detections[n]);
        }

        detections.Tell();
    }

    private void CompareTraining(Detector detector)
    {
        var run = new ModelRun(detector);
        var trained = run.Train(golden.Input.F32, golden.Input.Shape, golden.Targets, Layers);
        CompareActivations("training activations", golden.Direct, run, trained.Logits, trained.Deltas);
        var matches = new Comparison(context, Name("matches"), 0);
        for (var n = 0; n < trained.Matches.Length; n++)
        {
            matches.Same<long>($"matched_idxs.{n}", golden.Direct[$"matched_idxs.{n}"].I64, [.. trained.Matches[n].Select(m => (long)m)]);
        }

        matches.Tell();
        var direct = golden.Direct;
        CompareLosses(
            "losses", direct["loss64.classification"].F64[0], direct["loss64.bbox_regression"].F64[0], trained, ActivationTolerance);
        CompareGradients(golden.Gradients, trained, "gradients").Tell();
    }

    private void CompareNarrow(Detector detector)
    {
        var trained = new ModelRun(detector).Train(golden.Input.F32, golden.Input.Shape, golden.Targets);
        var direct = golden.Direct;
        CompareLosses(
            "bfloat16 losses",
            direct["loss64.classification"].F64[0],
            direct["loss64.bbox_regression"].F64[0],
            trained,
            NarrowLossTolerance);
    }

    private void CompareBatchTraining(Detector detector)
    {
        var run = new ModelRun(detector);
        var trained = run.Train(golden.Input.F32, golden.Input.Shape, golden.Targets, Layers);
        CompareActivations("batch activations", golden.BatchTraining, run, trained.Logits, trained.Deltas);
        var (classification, box) = golden.BatchLosses;
        CompareLosses("batch losses", classification, box, trained, ActivationTolerance);
        var gradients = CompareGradients(golden.BatchTraining, trained, "batch gradients");
        if (context.Machine.HasNumbers)
        {
            ReconsiderElsewhere(gradients, detector);
        }

        gradients.Tell();
        var statistics = new Comparison(context, Name("running statistics"), ActivationTolerance);
        foreach (var (name, tensor) in golden.BatchTraining.Where(t => t.Key.StartsWith("after/", StringComparison.Ordinal)))
        {
            if (!name.EndsWith("num_batches_tracked", StringComparison.Ordinal))
            {
                statistics.Close(name, tensor.F32, detector.ReadTensor(name["after/".Length..]));
            }
        }

        statistics.Tell();
    }

    /// <summary>
    /// Where a ReLU's input is zero but for rounding, the gradient jumps: with several hundred thousand of them one such is to be expected.
    /// So a gradient that differs is compared with the CPU's at other inputs, and must agree at one.
    /// </summary>
    private void ReconsiderElsewhere(Comparison gradients, Detector detector)
    {
        foreach (var scale in (float[])[1.001f, 1.01f, 1.1f])
        {
            if (gradients.Failing.Count == 0)
            {
                return;
            }

            float[] pixels = [.. golden.Input.F32.Select(v => v * scale)];
            using var cpu = model.Create(new DetectorOptions { Device = Device.Cpu });
            cpu.LoadWeights(golden.Weights);
            detector.LoadWeights(golden.Weights);
            var expected = new ModelRun(cpu).Train(pixels, golden.Input.Shape, golden.Targets, Layers).Gradients;
            var actual = new ModelRun(detector).Train(pixels, golden.Input.Shape, golden.Targets, Layers).Gradients;
            foreach (var name in gradients.Failing.Where(n => n.StartsWith(GradientPrefix, StringComparison.Ordinal)).ToList())
            {
                gradients.Reconsider(name, expected[name[GradientPrefix.Length..]], actual[name[GradientPrefix.Length..]]);
            }
        }
    }

    private void CompareActivations(string what, Dictionary<string, GoldenTensor> expected, ModelRun run, float[] logits, float[] deltas)
    {
        var comparison = new Comparison(context, Name(what), ActivationTolerance);
        foreach (var layer in Layers.Where(expected.ContainsKey))
        {
            comparison.Close(layer, expected[layer].F32, run.Taps[layer]);
        }

        comparison.Close("cls_logits", expected["cls_logits"].F32, logits);
        comparison.Close("bbox_regression", expected["bbox_regression"].F32, deltas);
        comparison.Tell();
    }

    private void CompareLosses(string what, double classification, double box, TrainingRun trained, double tolerance)
    {
        var comparison = new Comparison(context, Name(what), tolerance);
        comparison.Close("classification", classification, trained.Classification);
        comparison.Close("bbox_regression", box, trained.Box);
        comparison.Tell();
    }

    private Comparison CompareGradients(Dictionary<string, GoldenTensor> expected, TrainingRun trained, string what)
    {
        var comparison = new Comparison(context, Name(what), GradientTolerance);
        foreach (var (name, tensor) in expected.Where(t => t.Key.StartsWith(GradientPrefix, StringComparison.Ordinal)))
        {
            if (trained.Gradients.TryGetValue(name[GradientPrefix.Length..], out var gradient))
            {
                comparison.Close(name, tensor.F32, gradient);
            }
            else
            {
                comparison.Fail($"{name} is missing");
            }
        }

        if (expected.TryGetValue("grad_input", out var input))
        {
            comparison.Close("grad_input", input.F32, trained.InputGradient);
        }

        return comparison;
    }
}
