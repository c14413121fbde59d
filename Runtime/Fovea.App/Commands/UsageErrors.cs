using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Fovea.App.Commands;

/// <summary>What is wrong with a command line, a line each, with what may have been meant.</summary>
internal static class UsageErrors
{
    /// <summary>The errors of a command line that was not understood.</summary>
    /// <param name="parsed">With errors.</param>
    /// <param name="config">The file that gave some of its options; null: none.</param>
    public static IReadOnlyList<string> Of(ParseResult parsed, GivenConfig? config)
    {
        var command = parsed.CommandResult.Command;
        var first = parsed.UnmatchedTokens is [var word, ..] ? word : null;
        if (command is RootCommand root && first?.StartsWith('-') != true)
        {
            return [Unknown(root, first)];
        }

        var unknown = parsed.UnmatchedTokens.Where(t => t.StartsWith('-')).Select(t => Unknown(command, t)).ToArray();
        var lines = unknown.Length > 0 ? unknown : [.. parsed.Errors.Select(e => Line(e, config)).Distinct()];
        return [.. lines[..^1], $"{lines[^1]}{Environment.NewLine}{Program(parsed)} --help tells what it takes."];
    }

    /// <summary>
    /// A misspelt option of a command that takes files is taken for one of them. One may be called so: after <c>--</c>, or as
    /// <c>./--name</c>.
    /// </summary>
    /// <returns>The error; null: there is none.</returns>
    public static string? UnknownOptionAmongArguments(ParseResult parsed) => parsed.Tokens.Any(t => t.Type == TokenType.DoubleDash)
        ? null
        : parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(a => a.Tokens).Select(t => t.Value)
            .FirstOrDefault(t => t.Length > 1 && t[0] == '-') is { } option
            ? Unknown(parsed.CommandResult.Command, option)
            : null;

    private static string Unknown(RootCommand root, string? word)
    {
        var commands = root.Subcommands.Where(c => !c.Hidden).Select(c => c.Name).ToArray();
        return word is null
            ? $"expected a command: {string.Join(", ", commands)}; --help tells what they do."
            : $"there is no command \"{word}\"{Nearest.Hint(word, commands)} (there are {string.Join(", ", commands)})";
    }

    private static string Unknown(Command command, string option)
    {
        var name = option.Split('=', ':')[0];
        return $"{(command is RootCommand ? "the program" : command.Name)} has no option {name}"
            + Nearest.Hint(name, command.Options.Concat(Inherited(command)).SelectMany(o => o.Aliases.Prepend(o.Name)));
    }

    private static string Line(ParseError error, GivenConfig? config)
    {
        var given = error.SymbolResult as OptionResult ?? error.SymbolResult?.Parent as OptionResult;
        return $"{config?.Place(given?.Option)}{(given is null ? null : WrongValue(given)) ?? error.Message}";
    }

    /// <summary>What an option expected in place of the value that it was given; null: that is not what is wrong.</summary>
    private static string? WrongValue(OptionResult given)
    {
        var type = given.Option.ValueType.IsArray ? given.Option.ValueType.GetElementType()! : given.Option.ValueType;
        type = Nullable.GetUnderlyingType(type) ?? type;
        var culture = CultureInfo.InvariantCulture;
        var expected = type.IsEnum ? $"one of {string.Join(", ", Enum.GetNames(type))}" : type == typeof(double) ? "a number" : "a whole number";
        Func<string, bool>? fits = type.IsEnum ? v => Enum.TryParse(type, v, ignoreCase: true, out _)
            : type == typeof(double) ? v => double.TryParse(v, culture, out _)
            : type == typeof(int) ? v => int.TryParse(v, culture, out _)
            : type == typeof(ulong) ? v => ulong.TryParse(v, culture, out _)
            : null;
        var wrong = fits is null ? null : given.Tokens.FirstOrDefault(t => !fits(t.Value));
        return wrong is null
            ? null
            : $"{given.Option.Name} {wrong.Value}: expected {expected}"
                + (type.IsEnum ? Nearest.Hint(wrong.Value, Enum.GetNames(type)) : ".");
    }

    private static IEnumerable<Option> Inherited(Command command) =>
        command.Parents.OfType<Command>().SelectMany(p => p.Options.Where(o => o.Recursive));

    private static string Program(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        return command is RootCommand ? RootCommand.ExecutableName : $"{RootCommand.ExecutableName} {command.Name}";
    }
}
