using System.CommandLine;

namespace Fovea.App.Commands;

/// <summary>
/// <c>--weights</c>, how much of it must fit (<c>--load</c>), and how its classes become the detector's: <c>--classes-by-name</c>,
/// <c>--rename-class</c>.
/// </summary>
internal sealed class WeightsOptions(bool required)
{
    private const string Kinds = "safetensors, or a state dict of torch.save (.pth, .pt), by torchvision's key names; an index of several files, or their folder";

    private readonly Option<FileInfo?> weights = new("--weights")
    {
        Description = required ? $"A checkpoint: {Kinds}." : $"Start from this checkpoint instead of first weights: {Kinds}.",
        Required = required,
    };

    private readonly Option<Fit> load = new("--load")
    {
        Description = "How much of the checkpoint must fit: all (exact); what fits, the rest gets first weights (partial); the backbone, also of "
            + "torchvision's ResNets for classification (backbone); all but the classes, which are found by name, added and left out (classes).",
        DefaultValueFactory = _ => Fit.Exact,
    };

    private readonly Option<bool> byName = new("--classes-by-name")
    {
        Description = "Find the checkpoint's classes by their names, where the enum has them in another order now.",
    };

    private readonly Option<string[]> renamed = new("--rename-class")
    {
        Description = "A class that had another name when the checkpoint was saved: OLD=NEW. May be given several times.",
    };

    private enum Fit
    {
        Exact,
        Partial,
        Backbone,
        Classes,
    }

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(weights);
        command.Add(load);
        command.Add(byName);
        command.Add(renamed);
    }

    /// <summary>Whether a checkpoint is given.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetValue(weights) is not null;

    /// <summary>Loads the checkpoint, if one is given; what it has not given is told on the error stream.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="detector">Takes the weights.</param>
    /// <param name="seed">Of the first weights that what the checkpoint has not gets; null: the detector's.</param>
    /// <returns>Whether one is given.</returns>
    public bool Apply(ParseResult parsed, Detector detector, ulong? seed = null)
    {
        var options = Loading(parsed) with { Seed = seed };
        if (parsed.GetValue(weights) is not { } file)
        {
            return options.Rule == LoadRule.Exact
                ? false
                : throw new ArgumentException($"--load {parsed.GetValue(load).ToString().ToLowerInvariant()}: expected --weights FILE beside it, found none.");
        }

        var report = detector.LoadWeights(file.FullName, options);
        if (options.Rule != LoadRule.Exact)
        {
            Console.Error.WriteLine($"weights: {report}");
        }

        // Of other rules it has been told as a warning: it may not be what was expected.
        foreach (var line in options.Rule == LoadRule.BackboneOnly ? report.Differences : [])
        {
            Console.Error.WriteLine($"  {line}");
        }

        return true;
    }

    /// <summary>How checkpoints are read; what is odd about one is told on the error stream.</summary>
    public LoadOptions Loading(ParseResult parsed) => new()
    {
        Rule = parsed.GetValue(load) switch
        {
            Fit.Partial => LoadRule.Partial,
            Fit.Backbone => LoadRule.BackboneOnly,
            Fit.Classes => LoadRule.ByClassName,
            _ => LoadRule.Exact,
        },
        Classes = parsed.GetValue(byName) ? ClassMatching.ByName : ClassMatching.Same,
        RenamedClasses = (parsed.GetValue(renamed) ?? []).Select(Pair).ToDictionary(pair => pair.Old, pair => pair.New, StringComparer.Ordinal),
        Warnings = CommonOptions.Warnings,
    };

    private static (string Old, string New) Pair(string text) => text.Split('=') is [{ Length: > 0 } before, { Length: > 0 } now]
        ? (before, now)
        : throw new ArgumentException($"--rename-class {text}: expected OLD=NEW.");
}
