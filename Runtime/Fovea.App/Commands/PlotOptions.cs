using System.CommandLine;

namespace Fovea.App.Commands;

/// <summary><c>--no-plots</c>: what <c>train</c> leaves beside the checkpoints.</summary>
internal sealed class PlotOptions
{
    private readonly Option<bool> none = new("--no-plots")
    {
        Description = "Write checkpoints, args.yaml and results.csv alone: no plots, pictures, TensorBoard events, predictions and report.",
    };

    /// <summary>Adds the option to a command.</summary>
    public void AddTo(Command command) => command.Add(none);

    /// <summary>What is written, with the command lines that go on from it.</summary>
    /// <param name="parsed">What began the run.</param>
    public RunFiles Of(ParseResult parsed) => new()
    {
        Plots = !parsed.GetValue(none),
        Program = ResumeLine.ProgramLine,
        Resume = ResumeLine.Of(parsed),
        Options = ResolvedOptions.Of(parsed),
        Data = parsed.GetValue<string?>("--data") is { } data ? ResumeLine.Quote(data) : null,
    };
}
