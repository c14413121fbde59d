using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Fovea.App.Commands;

/// <summary>From arguments to a command that runs: the file of <c>--config</c>, help, errors of usage, signals.</summary>
internal sealed class CommandLine
{
    private readonly RootCommand root;

    private readonly Option<string?> config = new("--config")
    {
        Description = "A YAML file of options, a line each, as epochs: 30. What stands on the command line wins.",
        HelpName = "FILE",
        Recursive = true,
    };

    /// <summary>Gives the root what all commands have: <c>--config</c>, help, version.</summary>
    /// <param name="root">With its commands.</param>
    public CommandLine(RootCommand root)
    {
        this.root = root;
        root.Add(config);
        foreach (var option in root.Options)
        {
            option.Action = option switch
            {
                HelpOption => new CommandHelp(),
                VersionOption => new ProgramVersion(),
                _ => option.Action,
            };
        }
    }

    /// <summary>Runs what the arguments name.</summary>
    /// <param name="args">As given to <c>Main</c>.</param>
    /// <returns>The process's exit code.</returns>
    public Task<int> RunAsync(IReadOnlyList<string> args)
    {
        ParseResult parsed;
        try
        {
            parsed = Parse(args);
        }
        catch (UsageException e)
        {
            Console.Error.WriteLine($"error: {e.Message}");
            return Task.FromResult(ExitCode.Usage);
        }

        // System.CommandLine would end the process 2 s after a signal: less than a step of a large model takes.
        var configuration = new InvocationConfiguration { ProcessTerminationTimeout = null };
        return Interruption.RunAsync(interrupted => parsed.InvokeAsync(configuration, interrupted));
    }

    /// <summary>Parses arguments, and with them the options of the file that they name.</summary>
    /// <exception cref="UsageException">They are not understood, or the file is not.</exception>
    internal ParseResult Parse(IReadOnlyList<string> args)
    {
        var parsed = root.Parse(args);
        if (parsed.GetResult(config) is not { Implicit: false, Tokens: [var file] })
        {
            return Checked(parsed, null);
        }

        if (parsed.CommandResult.Command is RootCommand || parsed.Action is CommandHelp)
        {
            return Checked(parsed, null);
        }

        var given = new GivenConfig(ConfigFile.Read(file.Value), parsed);

        // Before "--", after which all are arguments.
        var end = args.TakeWhile(a => a != "--").Count();
        return Checked(root.Parse([.. args.Take(end), .. given.Arguments, .. args.Skip(end)]), given);
    }

    /// <summary>The options that a file of <c>--config</c> may name for a command.</summary>
    internal static IEnumerable<Option> OptionsOf(Command command) => command.Options.Where(o => o is not (HelpOption or VersionOption));

    private static ParseResult Checked(ParseResult parsed, GivenConfig? config) => parsed.Action is ParseErrorAction
        ? throw new UsageException(string.Join($"{Environment.NewLine}error: ", UsageErrors.Of(parsed, config)))
        : UsageErrors.UnknownOptionAmongArguments(parsed) is { } unknown ? throw new UsageException(unknown) : parsed;
}
