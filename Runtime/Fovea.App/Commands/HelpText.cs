using System.CommandLine;
using System.Text;

namespace Fovea.App.Commands;

/// <summary>The text of a command's help.</summary>
internal static class HelpText
{
    private const string ExitCodes =
        "Exit codes: 0 done, 1 a problem told in one line, 2 a command line that is not understood, 130 and 143 interrupted.";

    private const int Indent = 2;
    private const int Column = 30;

    /// <param name="command">Which.</param>
    /// <param name="program">As the program is called.</param>
    /// <param name="width">Of a line, in characters.</param>
    public static string Of(Command command, string program, int width)
    {
        var text = new StringBuilder();
        var options = command.Options.Concat(command.Parents.OfType<Command>().SelectMany(p => p.Options.Where(o => o.Recursive)))
            .Where(o => !o.Hidden).ToArray();
        Wrap(text, command.Description ?? "", 0, width);
        text.AppendLine();
        Wrap(text, $"usage: {Usage(command, options, program)}", 0, width);
        Section(text, "commands", command.Subcommands.Where(c => !c.Hidden).Select(c => (c.Name, c.Description ?? "")), width);
        Section(text, "arguments", command.Arguments.Where(a => !a.Hidden).Select(a => (a.HelpName ?? a.Name, a.Description ?? "")), width);
        var topics = HelpTopics.All.SelectMany(t => t.Options).ToHashSet(StringComparer.Ordinal);
        foreach (var (title, names) in HelpTopics.All)
        {
            var shown = title == HelpTopics.Other
                ? options.Where(o => !topics.Contains(o.Name))
                : names.SelectMany(n => options.Where(o => o.Name == n));
            Section(text, title, shown.Select(o => (Left(o), Right(o))), width);
        }

        var examples = HelpTopics.ExamplesOf(command is RootCommand ? "" : command.Name);
        if (examples.Count > 0)
        {
            text.AppendLine().AppendLine("examples");
            foreach (var example in examples)
            {
                text.Append(' ', Indent).AppendLine($"{program} {example}");
            }
        }

        text.AppendLine();
        Wrap(text, ExitCodes, 0, width);
        return text.ToString();
    }

    private static string Usage(Command command, Option[] options, string program)
    {
        if (command.Subcommands.Count > 0)
        {
            return $"{program} COMMAND [options]";
        }

        string Name(Argument a) => (a.HelpName ?? a.Name) + (a.Arity.MaximumNumberOfValues > 1 ? "…" : "");
        var arguments = command.Arguments.Select(a => a.Arity.MinimumNumberOfValues == 0 ? $"[{Name(a)}]" : Name(a));
        return string.Join(
            ' ', [program, command.Name, .. arguments, .. options.Where(o => o.Required).Select(o => $"{o.Name} {Value(o)}"), "[options]"]);
    }

    private static void Section(StringBuilder text, string title, IEnumerable<(string Left, string Right)> rows, int width)
    {
        var first = true;
        foreach (var (left, right) in rows)
        {
            if (first)
            {
                text.AppendLine().AppendLine(title);
                first = false;
            }

            text.Append(' ', Indent).Append(left);
            if (Indent + left.Length + 1 > Column)
            {
                text.AppendLine();
                Wrap(text, right, Column, width);
            }
            else
            {
                text.Append(' ', Column - Indent - left.Length);
                Wrap(text, right, Column, width, isBegun: true);
            }
        }
    }

    private static string Left(Option option)
    {
        // Help has Windows' names, too.
        var aliases = option.Aliases.Where(a => !a.StartsWith('/') && a != "-?").Order(StringComparer.Ordinal);
        return $"{string.Join(", ", aliases.Prepend(option.Name))} {Value(option)}".TrimEnd();
    }

    private static string Right(Option option)
    {
        var type = Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;
        var members = type.IsEnum ? $" One of {string.Join(", ", Enum.GetNames(type))}." : "";
        var standard = option.ValueType == typeof(bool) ? null : ResolvedOptions.DefaultOf(option);
        var end = option.Required ? " Required." : standard is { Length: > 0 } ? $" [default: {standard}]" : "";
        return $"{option.Description}{members}{end}";
    }

    /// <summary>What an option is followed by: nothing, or a word for its value.</summary>
    private static string Value(Option option)
    {
        var type = Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;
        var word = option.HelpName ?? (type.IsArray ? "X" : type.IsEnum ? "NAME" : Type.GetTypeCode(type) switch
        {
            TypeCode.Boolean or TypeCode.Object when option.Arity.MaximumNumberOfValues == 0 || type == typeof(bool) => "",
            TypeCode.Int32 or TypeCode.UInt64 or TypeCode.Int64 => "N",
            TypeCode.Double or TypeCode.Single => "X",
            TypeCode.String => "X",
            _ => type == typeof(DirectoryInfo) ? "DIR" : type == typeof(FileInfo) ? "FILE" : "",
        });
        return option.Arity.MaximumNumberOfValues > 1 && word.Length > 0 ? $"{word}…" : word;
    }

    private static void Wrap(StringBuilder text, string words, int indent, int width, bool isBegun = false)
    {
        var length = isBegun ? indent : 0;
        foreach (var word in words.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (length > indent && length + 1 + word.Length > width)
            {
                text.AppendLine();
                length = 0;
            }

            if (length == 0)
            {
                text.Append(' ', indent);
                length = indent;
            }
            else if (length > indent)
            {
                text.Append(' ');
                length++;
            }

            text.Append(word);
            length += word.Length;
        }

        text.AppendLine();
    }
}
