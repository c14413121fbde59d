using Fovea.Data.Reading;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Fovea.App.Commands;

/// <summary>
/// A file of options, <c>--config</c>: YAML, a line an option, <c>epochs: 30</c>, <c>no-flip: true</c>, <c>scale: [0.5, 1.5]</c>. Keys are the
/// options' names without their dashes; a value that is missing, <c>~</c> or <c>null</c> gives none. The table <see cref="Facts"/> is passed
/// over.
/// </summary>
internal sealed class ConfigFile
{
    /// <summary>A table of facts about a run (versions, hashes, times), which are no options.</summary>
    public const string Facts = "about";

    private const long MostBytes = 1L << 20;

    private ConfigFile(string path, IReadOnlyList<Entry> entries) => (Path, Entries) = (path, entries);

    /// <summary>As it was given.</summary>
    public string Path { get; }

    /// <summary>In the file's order.</summary>
    public IReadOnlyList<Entry> Entries { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="UsageException">It is missing, no YAML, or holds other things than options; the message names file and line.</exception>
    public static ConfigFile Read(string path)
    {
        try
        {
            var text = string.Join('\n', DataFile.Read(path, "a file of options", MostBytes).Length == 0 ? [] : DataFile.ReadLines(path, "a file of options"));
            return new ConfigFile(path, Parse(path, text));
        }
        catch (DatasetException e)
        {
            throw new UsageException($"--config {e.Message}");
        }
        catch (YamlException e)
        {
            throw Problem(path, e.Start.Line, $"expected well-formed YAML, found an error: {DataFile.Shorten(e.Message)}");
        }
    }

    /// <summary>What is wrong with a line, as all messages about such a file begin.</summary>
    public static UsageException Problem(string path, long line, string problem) => new(FormattableString.Invariant($"{path}, line {line}: {problem}"));

    private static List<Entry> Parse(string path, string text)
    {
        var entries = new List<Entry>();
        var parser = new Parser(new StringReader(text));
        parser.Consume<StreamStart>();
        if (parser.TryConsume<StreamEnd>(out _))
        {
            return entries;
        }

        parser.Consume<DocumentStart>();
        if (!parser.TryConsume<MappingStart>(out _))
        {
            // A file of comments is a document of nothing.
            return parser.Current is Scalar { Value: "" } ? entries : throw Problem(path, LineOf(parser), "expected options, a line each, as epochs: 30.");
        }

        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (!parser.TryConsume<Scalar>(out var key))
            {
                throw Problem(path, LineOf(parser), "expected an option's name, as epochs: 30.");
            }

            if (key.Value == Facts && parser.Current is MappingStart)
            {
                Skip(parser);
                continue;
            }

            if (entries.FirstOrDefault(e => e.Key == key.Value) is { } twice)
            {
                throw Problem(path, key.Start.Line, FormattableString.Invariant($"\"{key.Value}\" is in line {twice.Line}, too: leave one of them out."));
            }

            entries.Add(new Entry(key.Value, Values(parser, path, key.Value), key.Start.Line));
        }

        return entries;
    }

    private static List<string> Values(Parser parser, string path, string key)
    {
        if (parser.TryConsume<Scalar>(out var one))
        {
            return IsNull(one) ? [] : [one.Value];
        }

        if (!parser.TryConsume<SequenceStart>(out _))
        {
            throw Problem(path, LineOf(parser), $"\"{key}\": expected a value or a list of values.");
        }

        var values = new List<string>();
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            values.Add(parser.TryConsume<Scalar>(out var value)
                ? value.Value
                : throw Problem(path, LineOf(parser), $"\"{key}\": expected a list of plain values."));
        }

        return values;
    }

    private static bool IsNull(Scalar value) => value is { Style: ScalarStyle.Plain, Value: "" or "~" or "null" or "Null" or "NULL" };

    private static void Skip(Parser parser)
    {
        var depth = 0;
        do
        {
            depth += parser.Current switch { MappingStart or SequenceStart => 1, MappingEnd or SequenceEnd => -1, _ => 0 };
            parser.MoveNext();
        }
        while (depth > 0);
    }

    private static long LineOf(Parser parser) => parser.Current?.Start.Line ?? 0;

    /// <summary>An option with its values.</summary>
    /// <param name="Key">The option's name without dashes.</param>
    /// <param name="Values">None where the option is not given.</param>
    /// <param name="Line">From 1.</param>
    internal sealed record Entry(string Key, IReadOnlyList<string> Values, long Line);
}
