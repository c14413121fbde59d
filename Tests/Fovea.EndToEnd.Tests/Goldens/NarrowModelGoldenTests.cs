using System.Text.Json;
using Fovea.Tests.Goldens;

namespace Fovea.EndToEnd.Goldens;

/// <summary>Complete narrow RetinaNets: every activation, match, loss, gradient and detection of torchvision's, from generated code.</summary>
[Trait("Needs", "Goldens")]
[Collection(GoldenReport.Collection)]
public class NarrowModelGoldenTests
{
    private const double ActivationTolerance = 1e-4;
    private const double GradientTolerance = 1e-3;
    private static readonly string[] Layers = ["stem", "C2", "C3", "C4", "C5", "P3", "P4", "P5", "P6", "P7"];

    [SkippableTheory]
    [GoldenData("narrow model v1", "narrow model v2")]
    public void Direct_run_gives_torchvisions_activations_matches_losses_and_detections(GoldenEntry entry)
    {
        entry.Require();
        using var detector = Load(entry, batchStatistics: false);
        var golden = entry.Tensors("_direct");
        var input = golden["input"];
        var run = new ModelRun(detector);

        var detected = run.Detect(input.F32, input.Shape, ImageSizes(entry.Params), Layers);
        CheckActivations(entry, "direct, detection", golden, run, detected.Logits, detected.Deltas);
        for (var n = 0; n < detected.Detections.Length; n++)
        {
            DetectionSets.Check(entry, $"det.{n}", golden, detected.Detections[n]);
        }

        var trained = run.Train(input.F32, input.Shape, Targets(golden, input.Shape[0]), Layers);
        CheckActivations(entry, "direct, training", golden, run, trained.Logits, trained.Deltas);
        for (var n = 0; n < trained.Matches.Length; n++)
        {
            GoldenAssert.Exact<long>(entry, $"matched_idxs.{n}", golden[$"matched_idxs.{n}"].I64, trained.Matches[n].Select(m => (long)m).ToArray());
        }

        GoldenAssert.Within(entry, "anchors", golden["anchors"].F32, detected.Anchors, 0);
        CheckLosses(entry, "direct loss", golden["loss64.classification"].F64[0], golden["loss64.bbox_regression"].F64[0], trained);
        CheckLosses(entry, "direct loss", golden["loss.classification"].F32[0], golden["loss.bbox_regression"].F32[0], trained);
    }

    [SkippableTheory]
    [GoldenData("narrow model v1", "narrow model v2")]
    public void Backward_gives_torchvisions_gradients_of_every_parameter_and_of_the_input(GoldenEntry entry)
    {
        entry.Require();
        using var detector = Load(entry, batchStatistics: false);
        var golden = entry.Tensors("_direct");
        var gradients = entry.Tensors("_grads");
        var input = golden["input"];

        var trained = new ModelRun(detector).Train(input.F32, input.Shape, Targets(golden, input.Shape[0]));

        CheckGradients(entry, "grads/", gradients, trained);
        GoldenAssert.Close(entry, "grad_input", gradients["grad_input"].F32, trained.InputGradient, GradientTolerance);
    }

    [SkippableTheory]
    [GoldenData("narrow model v1", "narrow model v2")]
    public void Images_without_objects_contribute_classification_loss_only(GoldenEntry entry)
    {
        entry.Require();
        if (!entry.Params.TryGetProperty("empty_gt_variants (direct run, same input)", out var variants))
        {
            return;
        }

        using var detector = Load(entry, batchStatistics: false);
        var golden = entry.Tensors("_direct");
        var input = golden["input"];
        foreach (var variant in variants.EnumerateObject())
        {
            var targets = Targets(golden, input.Shape[0]);
            var from = variant.Name == "all_empty" ? 0 : targets.Length - 1;
            for (var n = from; n < targets.Length; n++)
            {
                targets[n] = new Target([], []);
            }

            var trained = new ModelRun(detector).Train(input.F32, input.Shape, targets);
            CheckLosses(entry, $"{variant.Name} loss", variant.Value.GetProperty("losses"), trained);
            CheckNorms(entry, $"{variant.Name} grad_l2", variant.Value.GetProperty("grad_l2"), trained);
        }
    }

    [SkippableTheory]
    [GoldenData("narrow model v1", "narrow model v2")]
    public void Batch_statistics_give_torchs_training_mode(GoldenEntry entry)
    {
        entry.Require();
        if (!entry.Has("_bntrain"))
        {
            return;
        }

        using var detector = Load(entry, batchStatistics: true);
        var golden = entry.Tensors("_bntrain");
        var direct = entry.Tensors("_direct");
        var input = direct["input"];
        var run = new ModelRun(detector);

        var trained = run.Train(input.F32, input.Shape, Targets(direct, input.Shape[0]), Layers);

        CheckActivations(entry, "bntrain", golden, run, trained.Logits, trained.Deltas);
        CheckLosses(entry, "bntrain loss", entry.Params.GetProperty("bn_train").GetProperty("losses"), trained);
        CheckGradients(entry, "grads/", golden, trained);
        CheckRunningStatistics(entry, golden, detector);
    }

    [SkippableTheory]
    [GoldenData("narrow model v1", "narrow model v2")]
    public void From_raw_images_to_detections_in_original_pixels(GoldenEntry entry)
    {
        entry.Require();
        if (!entry.Has("_e2e"))
        {
            return;
        }

        using var detector = Load(entry, batchStatistics: false);
        var golden = entry.Tensors("_e2e");
        var e2e = entry.Params.GetProperty("e2e");
        var batch = TransformedBatch.Create(entry, golden, detector.Description);
        var (canvas, run) = (batch.Canvas, new ModelRun(detector));
        int[] shape = [batch.Placements.Length, 3, canvas.Height, canvas.Width];

        GoldenAssert.Close(entry, "e2e batch", golden["batch"].F32, batch.Pixels, 2e-5);
        var detected = run.Detect(golden["batch"].F32, shape, batch.Placements.Select(p => (p.Height, p.Width)).ToArray());
        for (var n = 0; n < detected.Detections.Length; n++)
        {
            var back = detected.Detections[n].Select(d => d with { Box = batch.Placements[n].ToImage(d.Box) }).ToArray();
            DetectionSets.Check(entry, $"det.{n}", golden, back);
        }

        var trained = run.Train(golden["batch"].F32, shape, batch.Targets);
        CheckLosses(entry, "e2e loss", golden["loss.classification"].F32[0], golden["loss.bbox_regression"].F32[0], trained);
        CheckNorms(entry, "e2e grad_l2", e2e.GetProperty("grad_l2"), trained);
    }

    internal static void CheckLosses(GoldenEntry entry, string name, JsonElement losses, TrainingRun trained) => CheckLosses(
        entry, name, losses.GetProperty("classification").GetDouble(), losses.GetProperty("bbox_regression").GetDouble(), trained);

    internal static void CheckNorms(GoldenEntry entry, string name, JsonElement norms, TrainingRun trained)
    {
        foreach (var norm in norms.EnumerateObject())
        {
            var expected = (float)norm.Value.GetDouble();
            var actual = (float)Math.Sqrt(trained.Gradients[norm.Name].Sum(g => (double)g * g));
            GoldenAssert.Within(entry, $"{name} {norm.Name}", [expected], [actual], Math.Max(1e-6, 1e-3 * expected));
        }
    }

    internal static Target[] Targets(Dictionary<string, GoldenTensor> golden, int images, string prefix = "target") => Enumerable.Range(0, images)
        .Select(n => new Target(golden[$"{prefix}.{n}.boxes"].F32, golden[$"target.{n}.labels"].I64.Select(l => (int)l).ToArray()))
        .ToArray();

    private static Detector Load(GoldenEntry entry, bool batchStatistics)
    {
        var detector = CompiledModel.Create(GoldenDeclaration.For(entry, batchStatistics), "Goldens.GoldenModel");
        detector.LoadWeights(entry.PathOf("_weights.safetensors"));
        return detector;
    }

    private static void CheckActivations(
        GoldenEntry entry, string run, Dictionary<string, GoldenTensor> golden, ModelRun model, float[] logits, float[] deltas)
    {
        foreach (var layer in Layers.Where(golden.ContainsKey))
        {
            GoldenAssert.Close(entry, $"{run}: {layer}", golden[layer].F32, model.Taps[layer], ActivationTolerance);
        }

        GoldenAssert.Close(entry, $"{run}: cls_logits", golden["cls_logits"].F32, logits, ActivationTolerance);
        GoldenAssert.Close(entry, $"{run}: bbox_regression", golden["bbox_regression"].F32, deltas, ActivationTolerance);
    }

    private static void CheckLosses(GoldenEntry entry, string name, double classification, double box, TrainingRun trained)
    {
        GoldenAssert.Close(entry, $"{name} classification", [(float)classification], [(float)trained.Classification], ActivationTolerance);
        GoldenAssert.Close(entry, $"{name} bbox_regression", [(float)box], [(float)trained.Box], ActivationTolerance);
    }

    private static void CheckGradients(GoldenEntry entry, string prefix, Dictionary<string, GoldenTensor> golden, TrainingRun trained)
    {
        var names = golden.Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(names);
        Assert.Multiple([.. names.Select(name => (Action)(() =>
        {
            var key = name[prefix.Length..];
            Assert.True(trained.Gradients.ContainsKey(key), $"{entry.Id}: the generated backward has no gradient of {key}.");
            GoldenAssert.Close(entry, name, golden[name].F32, trained.Gradients[key], GradientTolerance);
        }))]);
        Assert.Equal(names.Length, trained.Gradients.Count);
    }

    private static void CheckRunningStatistics(GoldenEntry entry, Dictionary<string, GoldenTensor> golden, Detector detector)
    {
        foreach (var name in golden.Keys.Where(k => k.StartsWith("after/", StringComparison.Ordinal)))
        {
            var key = name["after/".Length..];
            if (key.EndsWith("num_batches_tracked", StringComparison.Ordinal))
            {
                GoldenAssert.Exact<long>(entry, name, golden[name].I64, [detector.Model.BatchesTracked]);
                continue;
            }

            GoldenAssert.Close(entry, name, golden[name].F32, detector.ReadTensor(key), ActivationTolerance);
        }
    }

    private static (int Height, int Width)[] ImageSizes(JsonElement parameters) => parameters.GetProperty("image_sizes_hw").EnumerateArray()
        .Select(s => (s[0].GetInt32(), s[1].GetInt32()))
        .ToArray();
}
