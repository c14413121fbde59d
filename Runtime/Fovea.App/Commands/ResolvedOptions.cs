using System.Collections;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Fovea.App.Commands;

/// <summary>What a command line comes to: every option with its value, given or by default, as <c>--config</c> reads it.</summary>
internal static class ResolvedOptions
{
    /// <summary>What belongs to one start of a run and not to the run.</summary>
    private static readonly string[] OfOneStart = ["--resume", "--overwrite", "--json"];

    /// <summary>
    /// The options that have a value, as names without dashes and values as YAML: <c>$"{name}: {value}"</c> is a line of a file that
    /// <see cref="ConfigFile"/> reads and that gives the same options.
    /// </summary>
    /// <param name="parsed">Without errors.</param>
    public static IReadOnlyList<(string Name, string Value)> Of(ParseResult parsed)
    {
        var pairs = new List<(string, string)>();
        var all = CommandLine.OptionsOf(parsed.CommandResult.Command).Where(o => !OfOneStart.Contains(o.Name)).ToArray();
        var given = GivenOptions.Of(parsed, all).ToHashSet();
        foreach (var option in all)
        {
            // A program's time counts in place of its epochs.
            var hasOther = !given.Contains(option.Name) && (GivenOptions.Excludes(given, option.Name)
                || (option.Name == "--epochs" && all.Any(o => o.Name == "--time" && TextOf(parsed.GetResult(o), o) is not null)));
            if (!hasOther && TextOf(parsed.GetResult(option), option) is { } text)
            {
                pairs.Add((KeyOf(option), text));
            }
        }

        return pairs;
    }

    /// <summary>An option's name in a file.</summary>
    public static string KeyOf(Option option) => option.Name.TrimStart('-');

    /// <summary>A default value as a person reads it; null where there is none.</summary>
    public static string? DefaultOf(Option option) => option.HasDefaultValue ? Text(option.GetDefaultValue()) : null;

    private static string? TextOf(OptionResult? result, Option option)
    {
        var isFlag = option.ValueType == typeof(bool);
        if (result is { Implicit: false })
        {
            return result.Tokens.Count > 0 ? Join([.. result.Tokens.Select(t => t.Value)], option) : isFlag ? "true" : null;
        }

        return isFlag ? "false" : option.HasDefaultValue ? Default(option) : null;
    }

    private static string? Default(Option option) => option.GetDefaultValue() switch
    {
        null => null,
        IEnumerable and not string and var many => Join([.. ((IEnumerable)many).Cast<object?>().Select(v => Text(v) ?? "")], option),
        var one => Join([Text(one) ?? ""], option),
    };

    private static string? Text(object? value) => value switch
    {
        null => null,
        string text => text,
        bool flag => flag ? "true" : "false",
        IEnumerable many => string.Join(' ', many.Cast<object?>().Select(Text)),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    private static string Join(string[] values, Option option) => option.Arity.MaximumNumberOfValues > 1
        ? $"[{string.Join(", ", values.Select(Quote))}]"
        : Quote(values[^1]);

    /// <summary>A YAML scalar: plain where that cannot be misread, else in double quotes.</summary>
    private static string Quote(string text)
    {
        const string Plain = "-_./+";
        return text.Length > 0 && text is not ("null" or "Null" or "NULL") && !text.StartsWith('-')
            && text.All(c => char.IsAsciiLetterOrDigit(c) || Plain.Contains(c, StringComparison.Ordinal))
            ? text
            : $"\"{string.Concat(text.Select(Escape))}\"";
    }

    private static string Escape(char c) => c switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        < ' ' => FormattableString.Invariant($"\\x{(int)c:x2}"),
        _ => c.ToString(),
    };
}
