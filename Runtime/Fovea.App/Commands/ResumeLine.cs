using System.CommandLine;
using System.CommandLine.Parsing;

namespace Fovea.App.Commands;

/// <summary>The command line that goes on with a run that was stopped: the one that began it, with <c>--resume</c>.</summary>
internal static class ResumeLine
{
    /// <summary>What belongs to the beginning of a run alone, with the number of arguments that follow.</summary>
    private static readonly Dictionary<string, int> Dropped = new(StringComparer.Ordinal)
    {
        ["--weights"] = 1,
        ["--overwrite"] = 0,
        ["--resume"] = 0,
    };

    public static string Of(ParseResult parsed) => string.Join(' ', [.. Program(), .. Of(parsed.Tokens).Select(Quote), "--resume"]);

    private static IEnumerable<string> Of(IReadOnlyList<Token> tokens)
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            if (tokens[i].Type == TokenType.Option && Dropped.TryGetValue(tokens[i].Value, out var arguments))
            {
                i += i + arguments < tokens.Count && tokens[i + arguments].Type == TokenType.Argument ? arguments : 0;
                continue;
            }

            yield return tokens[i].Value;
        }
    }

    /// <summary>As it was started: a host of its own, or <c>dotnet PROGRAM.dll</c>.</summary>
    private static IEnumerable<string> Program()
    {
        var host = Environment.ProcessPath ?? "dotnet";
        return Path.GetFileNameWithoutExtension(host) == "dotnet"
            ? ["dotnet", Quote(Environment.GetCommandLineArgs()[0])]
            : [Quote(host)];
    }

    private static string Quote(string text)
    {
        const string Plain = "-_./:=,+@%\\";
        if (text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || (Plain.Contains(c, StringComparison.Ordinal) && (c != '\\' || OperatingSystem.IsWindows()))))
        {
            return text;
        }

        return OperatingSystem.IsWindows()
            ? $"\"{text.Replace("\"", "\\\"", StringComparison.Ordinal)}\""
            : $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }
}
