using Fovea.App.Reports.Events;

namespace Fovea;

/// <summary>What a training leaves in its folder beside the checkpoints.</summary>
public sealed record RunFiles
{
    /// <summary>
    /// Whether plots, pictures, TensorBoard's events, predictions and the report are written; without them <c>args.yaml</c> and
    /// <c>results.csv</c> are.
    /// </summary>
    public bool Plots { get; init; } = true;

    /// <summary>How the program is started, for the report's command lines: null where it is not known to have commands.</summary>
    internal string? Program { get; init; }

    /// <summary>The command line that goes on with the training.</summary>
    internal string? Resume { get; init; }

    /// <summary>The command's options as lines of <c>--config</c>'s file; null where no command began the run.</summary>
    internal IReadOnlyList<(string Name, string Value)>? Options { get; init; }

    /// <summary>What <c>--data</c> says, quoted for a shell; null where the program has a data set of its own.</summary>
    internal string? Data { get; init; }

    /// <summary>Removes what a run that is replaced has left, so that nothing of two runs is mixed.</summary>
    /// <param name="folder">The run's.</param>
    /// <param name="model">The declared class, whose name the checkpoint bears.</param>
    internal static void Clear(string folder, string model)
    {
        if (!Directory.Exists(folder))
        {
            return;
        }

        string[] patterns =
        [
            $"{model}.safetensors", "args.yaml", "results.csv", "results.png", "loss.png", "labels.png", "PR_curve.png",
            "confusion_matrix.png", "predictions.json", "report.html", EventFile.Pattern, "train_batch?.jpg", "val_batch?_labels.jpg",
            "val_batch?_pred.jpg", "worst?.jpg",
        ];
        foreach (var file in patterns.SelectMany(p => Directory.GetFiles(folder, p)))
        {
            File.Delete(file);
        }

        var pictures = Path.Combine(folder, "pictures");
        if (Directory.Exists(pictures))
        {
            Array.ForEach(Directory.GetFiles(pictures, "*.png"), File.Delete);
        }
    }
}
