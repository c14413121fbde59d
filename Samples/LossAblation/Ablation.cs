using System.Diagnostics;
using System.Globalization;
using System.Text;
using Fovea;
using Fovea.Evaluation;

namespace LossAblation;

/// <summary>One training of one variant.</summary>
/// <param name="Ap">COCO AP on the test scenes; 0 where the loss is no number any more.</param>
/// <param name="Ap50">AP at IoU 0.5.</param>
/// <param name="Diverged">Whether it was.</param>
internal readonly record struct Outcome(double Ap, double Ap50, bool Diverged);

/// <summary>Trains variants on the same scenes in the same order from the same first weights, and compares them.</summary>
/// <param name="trainScenes">Pictures to learn.</param>
/// <param name="testScenes">Pictures to measure on.</param>
internal sealed class Ablation(int trainScenes, int testScenes)
{
    /// <summary>
    /// Steps of AdamW are of one length whatever the loss: what is compared is where gradients point. Under SGD a loss that is smaller for
    /// easy examples, as a focal one is, learns more slowly, and 800 steps show that alone (docs/losses.md).
    /// </summary>
    public static readonly TrainerOptions Recipe = new()
    {
        Epochs = 8,
        BatchSize = 4,
        EvaluateEvery = 0,
        Optimizer = new AdamW { LearningRate = 1e-3 },
        WarmupIterations = 150,
        MaxGradientNorm = 0,
    };

    private readonly InMemoryDataset<Mark> train = MarkScenes.Create(trainScenes, seed: 1);
    private readonly InMemoryDataset<Mark> test = MarkScenes.Create(testScenes, seed: 2);

    /// <summary>The scenes that are measured on.</summary>
    public InMemoryDataset<Mark> Test => test;

    /// <summary>Trains each variant once for each seed and prints a line for each; the outcomes by variant.</summary>
    /// <param name="variants">The rows.</param>
    /// <param name="seeds">How many, from 1.</param>
    /// <param name="trained">Shown every detector before it is disposed of.</param>
    /// <param name="cancellation">Ends the work.</param>
    public async Task<Dictionary<Variant, Outcome[]>> RunAsync(
        IReadOnlyList<Variant> variants, int seeds, Action<Variant, int, Detector<Mark>> trained, CancellationToken cancellation)
    {
        var outcomes = variants.ToDictionary(v => v, _ => new Outcome[seeds]);
        var clock = Stopwatch.StartNew();
        for (var seed = 1; seed <= seeds; seed++)
        {
            foreach (var variant in variants)
            {
                using var detector = variant.Create((ulong)seed);
                var outcome = outcomes[variant][seed - 1] = await RunAsync(detector, (ulong)seed, cancellation);
                trained(variant, seed, detector);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{clock.Elapsed:hh\\:mm\\:ss}  seed {seed}  {variant.Name,-28} AP {100 * outcome.Ap:F1} AP50 {100 * outcome.Ap50:F1}")
                    + (outcome.Diverged ? "  diverged" : ""));
            }
        }

        return outcomes;
    }

    /// <summary>The table, as Markdown: mean and sample standard deviation over the seeds beside the paper's AP.</summary>
    public static string Table(IReadOnlyDictionary<Variant, Outcome[]> outcomes)
    {
        var text = new StringBuilder("| Loss | AP | AP50 | Paper's AP | Table |\n|---|---|---|---|---|\n");
        foreach (var (variant, runs) in outcomes)
        {
            var diverged = runs.Count(r => r.Diverged);
            text.Append(CultureInfo.InvariantCulture, $"| {variant.Name} | {Spread(runs.Select(r => r.Ap))} ");
            text.Append(CultureInfo.InvariantCulture, $"| {Spread(runs.Select(r => r.Ap50))}");
            text.Append(diverged > 0 ? $", {diverged} of {runs.Length} diverged" : "");
            var paper = double.IsNaN(variant.Paper) ? "diverges" : variant.Paper.ToString("F1", CultureInfo.InvariantCulture);
            text.Append(CultureInfo.InvariantCulture, $" | {paper} | {variant.Source} |\n");
        }

        return text.ToString();
    }

    private async Task<Outcome> RunAsync(Detector<Mark> detector, ulong seed, CancellationToken cancellation)
    {
        try
        {
            await Trainer.For(detector, Recipe with { Seed = seed }).FitAsync(train, cancellationToken: cancellation);
        }
        catch (TrainingDivergedException)
        {
            return new(0, 0, Diverged: true);
        }

        var summary = detector.Evaluate(test, cancellationToken: cancellation).Summary;
        return new(Math.Max(0, summary.AP), Math.Max(0, summary.AP50), Diverged: false);
    }

    private static string Spread(IEnumerable<double> values)
    {
        double[] percent = [.. values.Select(v => 100 * v)];
        var mean = percent.Average();
        var deviation = percent.Length < 2 ? 0 : Math.Sqrt(percent.Sum(v => (v - mean) * (v - mean)) / (percent.Length - 1));
        return string.Create(CultureInfo.InvariantCulture, $"{mean:F1} ± {deviation:F1}");
    }
}
