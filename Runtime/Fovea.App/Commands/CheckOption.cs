using System.CommandLine;

namespace Fovea.App.Commands;

/// <summary><c>--check</c>: what is looked at before the first step, so that a night's training does not end at a broken picture.</summary>
internal sealed class CheckOption
{
    private const int Told = 10;

    private readonly Option<Depth> check = new("--check")
    {
        Description = "What is looked at before training: every picture's header, against the annotations; all pixels, too, which finds damaged "
            + "and double pictures; or none.",
        DefaultValueFactory = _ => Depth.Headers,
    };

    private enum Depth
    {
        None,
        Headers,
        Pixels,
    }

    /// <summary>Adds the option to a command.</summary>
    public void AddTo(Command command) => command.Add(check);

    /// <summary>Looks at the splits; tells what a person should know on the error stream.</summary>
    /// <returns>What was told.</returns>
    /// <exception cref="DatasetException">There are pictures that training would stop at.</exception>
    public IReadOnlyList<string> Run<TClass>(
        ParseResult parsed, Detector<TClass> detector, IReadOnlyList<(string Split, DetectionDataset<TClass> Dataset)> splits,
        TrainerOptions options, CancellationToken cancellation)
        where TClass : struct, Enum
    {
        var depth = parsed.GetValue(check);
        if (depth == Depth.None)
        {
            return [];
        }

        var found = DataCheck.Run(detector, splits, options.Augmentation, headersOnly: depth == Depth.Headers, cancellation);
        if (found.Errors.Count > 0)
        {
            throw new DatasetException(
                splits[0].Dataset.Name,
                $"{found.Errors.Count} pictures cannot be used:\n  {string.Join("\n  ", found.Errors.Take(Told))}"
                + (found.Errors.Count > Told ? $"\n  … and {found.Errors.Count - Told} more" : "")
                + "\nMend or leave them out; `data` lists all, --check none trains up to the first of them.");
        }

        foreach (var advice in found.Findings)
        {
            CommonOptions.Warnings.Report(advice);
        }

        return found.Findings;
    }
}
