using System.CommandLine;
using System.CommandLine.Invocation;

namespace Fovea.App.Commands;

/// <summary><c>--help</c>: what a command does, its options by what they are about, examples.</summary>
internal sealed class CommandHelp : SynchronousCommandLineAction
{
    private const int Redirected = 100;

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var text = HelpText.Of(parseResult.CommandResult.Command, RootCommand.ExecutableName, Width());
        parseResult.InvocationConfiguration.Output.Write(text);
        return ExitCode.Done;
    }

    private static int Width()
    {
        // A window of no width is no terminal's.
        var width = Console.IsOutputRedirected ? Redirected : Console.WindowWidth - 1;
        return width <= 0 ? Redirected : Math.Clamp(width, 60, 120);
    }
}
