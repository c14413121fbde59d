using Fovea.Data.Reading;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Fovea.App.Commands;

/// <summary>
/// A file of options, <c>--config</c>: YAML, a line an option, <c>epochs: 30</c>, <c>no-flip: true</c>, <c>scale: [0.5, 1.5]</c>. Keys are
/// the options' names without their dashes; a value that is missing, <c>~</c> or <c>null</c> gives none. Of a file that has a table
/// <see cref="Options"/> that table alone is read: what else stands there are facts about a run (versions, hashes, times).
/// </summary>
internal sealed class ConfigFile
{
    /// <summary>The table of options in a file that has other things, too.</summary>
    public const string Options = "options";

    private const long MostBytes = 1L << 20;

    private ConfigFile(string path, IReadOnlyList<Entry> entries) => (Path, Entries) = (path, entries);

    /// <summary>As it was given.</summary>
    public string Path { get; }

    /// <summary>In the file's order.</summary>
    public IReadOnlyList<Entry> Entries { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="UsageException">It is missing, no YAML, or holds other things than options; the message names file and
    /// line.</exception>
    public static ConfigFile Read(string path)
    {
        try
        {
            const string Expected = "a file of options";
            var lines = DataFile.Read(path, Expected, MostBytes).Length == 0 ? [] : DataFile.ReadLines(path, Expected);
            return new ConfigFile(path, Parse(path, string.Join('\n', lines)));
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
    public static UsageException Problem(string path, long line, string problem) =>
        new(FormattableString.Invariant($"{path}, line {line}: {problem}"));

    private static List<Entry> Parse(string path, string text)
    {
        var parser = new Parser(new StringReader(text));
        parser.Consume<StreamStart>();
        if (parser.TryConsume<StreamEnd>(out _))
        {
            return [];
        }

        parser.Consume<DocumentStart>();
        if (parser.Current is not MappingStart)
        {
            // A file of comments is a document of nothing.
            return parser.Current is Scalar { Value: "" }
                ? []
                : throw Problem(path, LineOf(parser), "expected options, a line each, as epochs: 30.");
        }

        List<Entry>? inner = null;
        var outer = Table(parser, path, key =>
        {
            if (key.Value != Options || parser.Current is not MappingStart)
            {
                return false;
            }

            inner = Table(parser, path, _ => false);
            return true;
        });
        var entries = inner ?? outer;
        foreach (var entry in entries)
        {
            if (entries.Find(e => e.Key == entry.Key) is { } first && first != entry)
            {
                throw Problem(
                    path, entry.Line, FormattableString.Invariant($"\"{entry.Key}\" is in line {first.Line}, too: leave one of them out."));
            }

            if (!entry.IsPlain)
            {
                throw Problem(path, entry.Line, $"\"{entry.Key}\": expected a value or a list of values.");
            }
        }

        return entries;
    }

    private static List<Entry> Table(Parser parser, string path, Func<Scalar, bool> isRead)
    {
        var entries = new List<Entry>();
        parser.Consume<MappingStart>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (!parser.TryConsume<Scalar>(out var key))
            {
                throw Problem(path, LineOf(parser), "expected an option's name, as epochs: 30.");
            }

            if (!isRead(key))
            {
                var values = new List<string>();
                entries.Add(new Entry(key.Value, values, key.Start.Line, TryRead(parser, values)));
            }
        }

        return entries;
    }

    /// <summary>Reads a value, or a list of values; passes over anything else.</summary>
    private static bool TryRead(Parser parser, List<string> values)
    {
        if (parser.TryConsume<Scalar>(out var one))
        {
            values.AddRange(IsNull(one) ? [] : [one.Value]);
            return true;
        }

        if (parser.Current is not SequenceStart)
        {
            Skip(parser);
            return false;
        }

        parser.Consume<SequenceStart>();
        var isPlain = true;
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            if (parser.TryConsume<Scalar>(out var value))
            {
                values.Add(value.Value);
            }
            else
            {
                Skip(parser);
                isPlain = false;
            }
        }

        return isPlain;
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
    /// <param name="IsPlain">Whether it is a value or a list of values, and nothing else.</param>
    internal sealed record Entry(string Key, IReadOnlyList<string> Values, long Line, bool IsPlain);
}
