using System.CommandLine;
using System.CommandLine.Parsing;

namespace Fovea.App.Commands;

/// <summary>The command line that goes on with a run that was stopped: the one that began it, with <c>--resume</c>.</summary>
internal static class ResumeLine
{
    private const string OnDivergence = "--on-divergence";

    /// <summary>What belongs to the beginning of a run, or is given anew, with the number of arguments that may follow.</summary>
    private static readonly Dictionary<string, int> Dropped = new(StringComparer.Ordinal)
    {
        ["--weights"] = 1,
        ["--load"] = 1,
        ["--overwrite"] = 1,
        ["--resume"] = 1,

        // What its file says stands among the rest.
        ["--config"] = 1,
        [OnDivergence] = 1,
    };

    /// <param name="parsed">What began the run.</param>
    /// <param name="onDivergence">Another <c>--on-divergence</c> than it had; empty: its own.</param>
    public static string Of(ParseResult parsed, string onDivergence = "") =>
        string.Join(' ', [.. Program(), .. Of(parsed.Tokens, onDivergence.Length > 0).Select(Quote), .. Word(onDivergence), "--resume"]);

    private static string[] Word(string text) => text.Length > 0 ? [text] : [];

    private static IEnumerable<string> Of(IReadOnlyList<Token> tokens, bool dropsDivergence)
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            if (tokens[i].Type == TokenType.Option && Dropped.TryGetValue(tokens[i].Value, out var arguments)
                && (dropsDivergence || tokens[i].Value != OnDivergence))
            {
                i += i + arguments < tokens.Count && tokens[i + arguments].Type == TokenType.Argument ? arguments : 0;
                continue;
            }

            yield return tokens[i].Value;
        }
    }

    /// <summary>How this program is started, quoted for a shell.</summary>
    public static string ProgramLine => string.Join(' ', Program());

    /// <summary>As it was started: a host of its own, or <c>dotnet PROGRAM.dll</c>.</summary>
    private static IEnumerable<string> Program()
    {
        var host = Environment.ProcessPath ?? "dotnet";
        return Path.GetFileNameWithoutExtension(host) == "dotnet"
            ? ["dotnet", Quote(Environment.GetCommandLineArgs()[0])]
            : [Quote(host)];
    }

    /// <summary>A word for a shell, in quotes where it needs them.</summary>
    public static string Quote(string text)
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
