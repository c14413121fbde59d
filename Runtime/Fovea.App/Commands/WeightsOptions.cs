using System.CommandLine;

namespace Fovea.App.Commands;

/// <summary><c>--weights</c>, and how its classes become the detector's: <c>--classes-by-name</c>, <c>--rename-class</c>.</summary>
internal sealed class WeightsOptions(bool required)
{
    private readonly Option<FileInfo?> weights = new("--weights")
    {
        Description = required
            ? "A checkpoint: safetensors with torchvision's key names."
            : "Start from this checkpoint (safetensors with torchvision's key names) instead of first weights.",
        Required = required,
    };

    private readonly Option<bool> byName = new("--classes-by-name")
    {
        Description = "Find the checkpoint's classes by their names, where the enum has them in another order now.",
    };

    private readonly Option<string[]> renamed = new("--rename-class")
    {
        Description = "A class that had another name when the checkpoint was saved: OLD=NEW. May be given several times.",
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(weights);
        command.Add(byName);
        command.Add(renamed);
    }

    /// <summary>Whether a checkpoint is given.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetValue(weights) is not null;

    /// <summary>Loads the checkpoint, if one is given.</summary>
    /// <returns>Whether one is given.</returns>
    public bool Apply(ParseResult parsed, Detector detector)
    {
        var file = parsed.GetValue(weights);
        if (file is not null)
        {
            detector.LoadWeights(file.FullName, Loading(parsed));
        }

        return file is not null;
    }

    /// <summary>How checkpoints are read; what is odd about one is told on the error stream.</summary>
    public LoadOptions Loading(ParseResult parsed) => new()
    {
        Classes = parsed.GetValue(byName) ? ClassMatching.ByName : ClassMatching.Same,
        RenamedClasses = (parsed.GetValue(renamed) ?? []).Select(Pair).ToDictionary(pair => pair.Old, pair => pair.New, StringComparer.Ordinal),
        Warnings = CommonOptions.Warnings,
    };

    private static (string Old, string New) Pair(string text) => text.Split('=') is [{ Length: > 0 } before, { Length: > 0 } now]
        ? (before, now)
        : throw new ArgumentException($"--rename-class {text}: expected OLD=NEW.");
}
