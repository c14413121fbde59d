using Fovea.Tests.Goldens;

namespace Fovea.EndToEnd.Goldens;

/// <summary>Models of real size with hashed weights: sampled values, norms and detections.</summary>
[Trait("Needs", "Goldens")]
[Collection(GoldenReport.Collection)]
public class RealModelGoldenTests
{
    private const double ActivationTolerance = 1e-4;
    private const double GradientTolerance = 5e-3;
    private const double NormTolerance = 2e-3;
    private static readonly string[] Layers = ["stem", "C2", "C3", "C4", "C5", "P3", "P4", "P5", "P6", "P7"];

    [SkippableTheory]
    [GoldenData("real-size model, hashed weights")]
    public void Activations_losses_gradients_and_detections_are_torchvisions(GoldenEntry entry)
    {
        entry.Require();
        using var detector = CompiledModel.Create(GoldenDeclaration.For(entry, batchStatistics: false), "Goldens.GoldenModel");
        FillWeights(entry, detector);
        var golden = entry.Tensors();
        var recipe = entry.Params.GetProperty("input");
        var shape = recipe.GetProperty("shape").EnumerateArray().Select(d => d.GetInt32()).ToArray();
        var input = HashedTensors.Make(recipe);
        var run = new ModelRun(detector);

        var sizes = Enumerable.Repeat((shape[2], shape[3]), shape[0]).ToArray();
        var detected = run.Detect(input, shape, sizes, Layers);
        CheckSamples(entry, golden, run, detected.Logits, detected.Deltas);
        for (var n = 0; n < detected.Detections.Length; n++)
        {
            DetectionSets.Check(entry, $"det.{n}", golden, detected.Detections[n]);
        }

        if (entry.Params.TryGetProperty("losses", out var losses))
        {
            var trained = run.Train(input, shape, NarrowModelGoldenTests.Targets(golden, shape[0]));
            NarrowModelGoldenTests.CheckLosses(entry, "loss", losses, trained);
            CheckMatches(entry, trained);
            CheckGradients(entry, golden, trained);
        }
    }

    private static void FillWeights(GoldenEntry entry, Detector detector)
    {
        var tensors = detector.Description.Tensors.ToDictionary(t => t.Key);
        foreach (var recipe in entry.Params.GetProperty("recipe").EnumerateArray())
        {
            if (tensors.Remove(recipe.GetProperty("name").GetString()!, out var tensor))
            {
                detector.WriteTensor(tensor.Key, HashedTensors.Make(recipe));
            }
        }

        Assert.True(tensors.Count == 0, $"{entry.Id}: the recipe has no {string.Join(", ", tensors.Keys.Take(5))}.");
    }

    private static void CheckSamples(GoldenEntry entry, Dictionary<string, GoldenTensor> golden, ModelRun run, float[] logits, float[] deltas)
    {
        var outputs = entry.Params.GetProperty("outputs");
        foreach (var (name, values) in Layers.Select(l => (l, run.Taps[l])).Append(("cls_logits", logits)).Append(("bbox_regression", deltas)))
        {
            var greatest = outputs.GetProperty(name).GetProperty("abs_max").GetDouble();
            var sampled = Sample(golden[$"{name}.idx"], values);
            GoldenAssert.Within(entry, $"{name}.val", golden[$"{name}.val"].F32, sampled, ActivationTolerance * greatest);
            GoldenAssert.Within(
                entry, $"{name}.val64", golden[$"{name}.val64"].F64.Select(v => (float)v).ToArray(), sampled, ActivationTolerance * greatest);
        }
    }

    private static void CheckMatches(GoldenEntry entry, TrainingRun trained)
    {
        var n = 0;
        foreach (var counts in entry.Params.GetProperty("matched_counts").EnumerateArray())
        {
            var matches = trained.Matches[n];
            var expected = new[] { counts.GetProperty("fg").GetInt32(), counts.GetProperty("bg").GetInt32(), counts.GetProperty("ignore").GetInt32() };
            var actual = new[] { matches.Count(m => m >= 0), matches.Count(m => m == -1), matches.Count(m => m == -2) };
            GoldenAssert.Exact<int>(entry, $"matched_counts.{n}", expected, actual);
            n++;
        }
    }

    private static void CheckGradients(GoldenEntry entry, Dictionary<string, GoldenTensor> golden, TrainingRun trained)
    {
        foreach (var stats in entry.Params.GetProperty("grad_stats").EnumerateObject())
        {
            var gradient = stats.Name == "<input>" ? trained.InputGradient : trained.Gradients[stats.Name];
            var norm = stats.Value.GetProperty("l2").GetDouble();
            var actual = Math.Sqrt(gradient.Sum(g => (double)g * g));
            GoldenAssert.Within(entry, $"|{stats.Name}|", [(float)norm], [(float)actual], NormTolerance * norm);
            var sampled = stats.Name == "<input>" ? "grad_input" : $"grads/{stats.Name}";
            var greatest = stats.Value.GetProperty("abs_max").GetDouble();
            var values = Sample(golden[$"{sampled}.idx"], gradient);
            GoldenAssert.Within(entry, $"{sampled}.val", golden[$"{sampled}.val"].F32, values, GradientTolerance * greatest);
            if (golden.TryGetValue($"{sampled}.val64", out var doubles))
            {
                GoldenAssert.Within(
                    entry, $"{sampled}.val64", doubles.F64.Select(v => (float)v).ToArray(), values, GradientTolerance * greatest);
            }
        }
    }

    /// <summary>The values at flat, row-major positions.</summary>
    private static float[] Sample(GoldenTensor positions, float[] values) => positions.AsDoubles().Select(i => values[(int)i]).ToArray();
}
