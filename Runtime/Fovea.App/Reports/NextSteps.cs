using System.Globalization;
using Fovea.App.Commands;

namespace Fovea.App.Reports;

/// <summary>What a person may do with a run, as lines to paste, and what its files are.</summary>
internal static class NextSteps
{
    /// <summary>In words, and as a line.</summary>
    public static IReadOnlyList<(string What, string Line)> Of(
        ModelDescription model, string folder, RunFiles files, CocoResult result, TrainerOptions recipe)
    {
        var weights = Path.Combine(folder, model.Name + ".safetensors");
        var score = (result.PooledCurve.Best?.Score ?? 0.5).ToString("0.00", CultureInfo.InvariantCulture);
        var steps = new List<(string, string)>();
        if (files.Program is { } program)
        {
            var (data, quoted) = (files.Data is { } set ? $" --data {set}" : "", ResumeLine.Quote(weights));
            steps.Add((
                "Detect with it, from the score on where F1 is best:",
                $"{program} detect PICTURE --weights {quoted} --score {score} --out found.png"));
            steps.Add(("Measure it again, or on another part of the data with --split:", $"{program} eval{data} --weights {quoted}"));
            var look = ResumeLine.Quote(Path.Combine(folder, "look"));
            steps.Add(("Look at the data, with every picture read:", $"{program} data{data} --out {look}"));
        }

        if (files.Resume is { } resume)
        {
            steps.Add(TrainOn(resume, recipe));
        }

        steps.Add((
            "In a program:",
            $"using var detector = {model.Name}.Load({Literal(weights)});\n"
            + $"foreach (var found in detector.Detect(\"picture.jpg\", new() {{ ScoreThreshold = {score} }}))\n"
            + "    Console.WriteLine($\"{found.Class} {found.Score:P0} {found.Box}\");"));
        steps.Add(("See its course beside other runs':", $"tensorboard --logdir {ResumeLine.Quote(folder)}"));
        return steps;
    }

    /// <summary>A run that is done goes on with more epochs, or with more time where time decides.</summary>
    private static (string What, string Line) TrainOn(string resume, TrainerOptions recipe)
    {
        var (option, twice) = recipe.TimeLimit is { } limit
            ? ("--time", Duration.Text(limit * 2))
            : ("--epochs", (recipe.Epochs * 2L).ToString(CultureInfo.InvariantCulture));
        return resume.Contains($" {option}", StringComparison.Ordinal)
            ? ($"Train on, with a greater number after {option}:", resume)
            : ("Train on, twice as long in all:", $"{resume} {option} {twice}");
    }

    /// <summary>The files of a run.</summary>
    public static IReadOnlyList<(string File, string What)> Files(ModelDescription model) =>
    [
        ($"{model.Name}.safetensors", "the weights that were measured: the best epoch's where there was a validation set, else the last's"),
        ("best.safetensors, last.safetensors", "the weights of the best and of the last epoch; their metadata say which and why"),
        ("training.safetensors", "all that --resume needs"),
        ("args.yaml", "every option, with versions, machine, seed and a hash of the data"),
        ("results.csv, results.png", "each epoch in numbers and as a picture"),
        ("events.out.tfevents.*", "the same for TensorBoard"),
        ("labels.png, train_batch*.jpg", "what was learned from: sizes and places of the boxes; the first batches as the network saw them"),
        ("val_batch*_labels.jpg, val_batch*_pred.jpg", "pictures of what was measured, as marked and as found"),
        ("PR_curve.png, confusion_matrix.png, worst*.jpg", "what this page shows, as pictures"),
        ("predictions.json", "all finds in COCO's results format"),
        ("pictures/", "finds drawn into whole pictures"),
    ];

    /// <summary>A path as a C# literal.</summary>
    private static string Literal(string text) => $"@\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
