using System.Diagnostics;
using System.Globalization;
using System.Text;
using Fovea;
using LossAblation;

// The paper's comparison of losses on a set with the paper's imbalance. Without arguments all of it, in about an hour on two cores; with
// --quick cross-entropy against focal loss, in about six minutes. An exit code of 1 where the paper's order does not show.
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
    var best = outcomes.GroupBy(o => o.Key.Family).ToDictionary(f => f.Key, f => f.Max(o => o.Value.Average(r => r.Ap)));
    string[] order = quick ? ["CE", "FL"] : ["CE", "α-CE", "FL"];
    var means = order.Select(f => string.Create(CultureInfo.InvariantCulture, $"{f} {best[f]:F4}"));
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{string.Join(' ', means)} seconds {clock.Elapsed.TotalSeconds:F1}"));

    // As the paper compares them: each with the best α and γ of its rows.
    if (!order.Zip(order.Skip(1)).All(pair => best[pair.First] < best[pair.Second]))
    {
        throw new InvalidDataException($"Expected {string.Join(" < ", order)}: the order of the paper's table 1 is not shown.");
    }
});
