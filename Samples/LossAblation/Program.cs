using System.Diagnostics;
using System.Globalization;
using System.Text;
using Fovea;
using LossAblation;

// The paper's comparison of losses on a set with the paper's imbalance. Without arguments all of it, within an hour on two cores; with
// --quick cross-entropy against focal loss, within five minutes. An exit code of 1 where focal loss is not the better one.
Console.OutputEncoding = Encoding.UTF8;
if (args is not ([] or ["--quick"] or ["--out", _] or ["--quick", "--out", _]))
{
    Console.Error.WriteLine("Usage: LossAblation [--quick] [--out FOLDER]");
    return 2;
}

var quick = args.Contains("--quick");
var output = args is [.., "--out", var folder] ? folder : Path.Combine("out", "losses");
Directory.CreateDirectory(output);
Figures.SaveLoss(Path.Combine(output, "loss.png"));
return await DetectorApp.RunAsync(async cancellation =>
{
    var clock = Stopwatch.StartNew();
    var ablation = new Ablation(trainScenes: 400, testScenes: 100);
    var outcomes = await ablation.RunAsync(
        quick ? [Variant.CrossEntropy, Variant.Focal] : Variant.All, quick ? 2 : 3,
        (variant, seed, detector) =>
        {
            if (variant == Variant.Focal && seed == 1)
            {
                Figures.SaveShares(Path.Combine(output, "foreground.png"), Path.Combine(output, "background.png"), detector, ablation.Test);
            }
        },
        cancellation);
    var table = Ablation.Table(outcomes);
    await File.WriteAllTextAsync(Path.Combine(output, "table.md"), table, cancellation);
    Console.WriteLine();
    Console.WriteLine(table);
    var (entropy, best) = (Mean(outcomes[Variant.CrossEntropy]), Mean(outcomes[Variant.Focal]));
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"CE {entropy:F4} FL {best:F4} seconds {clock.Elapsed.TotalSeconds:F1}"));
    if (!(entropy < best))
    {
        throw new InvalidDataException("Focal loss is not better than cross-entropy: the order of the paper's table 1 is not shown.");
    }
});

static double Mean(Outcome[] runs) => runs.Average(r => r.Ap);
