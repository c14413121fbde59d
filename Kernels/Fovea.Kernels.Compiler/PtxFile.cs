using System.Globalization;
using System.Text.RegularExpressions;

namespace Fovea.Kernels.Compiler;

/// <summary>An entry of a PTX file.</summary>
/// <param name="Name">The kernel.</param>
/// <param name="Parameters">The types of its parameters: u64, u32, f32, f64 …</param>
/// <param name="Threads">.maxntid, or 0.</param>
/// <param name="Body">Its instructions.</param>
public sealed record PtxEntry(string Name, IReadOnlyList<string> Parameters, int Threads, string Body);

/// <summary>What a PTX file says of itself.</summary>
/// <param name="Header">Its first line.</param>
/// <param name="Version">.version.</param>
/// <param name="Target">.target.</param>
/// <param name="Entries">In the file's order.</param>
/// <param name="Text">All of it.</param>
public sealed partial record PtxFile(string Header, string Version, string Target, IReadOnlyList<PtxEntry> Entries, string Text)
{
    /// <summary>Reads PTX.</summary>
    public static PtxFile Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var entries = Entry().Matches(text).Select(m => new PtxEntry(
            m.Groups["name"].Value,
            [.. Parameter().Matches(m.Groups["parameters"].Value).Select(p => p.Groups["type"].Value)],
            Maximum(m.Groups["directives"].Value),
            m.Groups["body"].Value)).ToList();
        return new PtxFile(
            text[..text.IndexOf('\n', StringComparison.Ordinal)], Word(text, ".version"), Word(text, ".target"), entries, text);
    }

    /// <summary>Bytes of static shared memory that an entry names.</summary>
    public int SharedBytes(PtxEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return Shared().Matches(Text)
            .Where(m => Regex.IsMatch(entry.Body, $@"(?<![\w$]){Regex.Escape(m.Groups["name"].Value)}(?![\w$])"))
            .Sum(m => Number(m.Groups["bits"].Value) / 8 * (m.Groups["count"].Success ? Number(m.Groups["count"].Value) : 1));
    }

    private static int Number(string digits) => int.Parse(digits, CultureInfo.InvariantCulture);

    private static string Word(string text, string directive)
    {
        var match = Regex.Match(text, $@"^{Regex.Escape(directive)}\s+(?<word>\S+)", RegexOptions.Multiline);
        return match.Success ? match.Groups["word"].Value : "";
    }

    private static int Maximum(string directives)
    {
        var match = Threads().Match(directives);
        return match.Success
            ? match.Groups["n"].Value.Split(',').Aggregate(1, (n, x) => n * Number(x))
            : 0;
    }

    [GeneratedRegex(
        @"^\.visible\s+\.entry\s+(?<name>\w+)\((?<parameters>[^)]*)\)(?<directives>[^{]*)^\{(?<body>.*?)^\}",
        RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Entry();

    [GeneratedRegex(@"\.param\s+\.(?<type>\w+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Parameter();

    [GeneratedRegex(@"\.maxntid\s+(?<n>[\d, ]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Threads();

    [GeneratedRegex(
        @"^\s*\.shared\s+\.align\s+\d+\s+\.[a-z](?<bits>\d+)\s+(?<name>[\w$]+)(\[(?<count>\d+)\])?;",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Shared();
}
