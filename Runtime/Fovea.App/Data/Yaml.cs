using Fovea.Data.Reading;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Fovea.App.Data;

/// <summary>
/// A small YAML file as lists, tables and texts. Read from the parser's events, which nest as deep as is allowed here and no deeper, and
/// without
/// aliases, which can make a thousand bytes a million.
/// </summary>
internal static class Yaml
{
    private const int MostDepth = 16;
    private const long MostBytes = 8L << 20;

    /// <summary>The top table of a file.</summary>
    /// <exception cref="DatasetException">There is none.</exception>
    public static Dictionary<string, object?> Read(string file)
    {
        if (DataFile.Read(file, "a data.yaml", MostBytes).Length == 0)
        {
            throw new DatasetException(file, "expected a data.yaml, found an empty file.");
        }

        try
        {
            var parser = new Parser(new StringReader(string.Join('\n', DataFile.ReadLines(file, "a data.yaml"))));
            parser.Consume<StreamStart>();
            parser.Consume<DocumentStart>();
            return Node(parser, 0) as Dictionary<string, object?>
                ?? throw new DatasetException(file, "expected a table of names and values (train: …, names: …), found another thing.");
        }
        catch (YamlException e)
        {
            throw new DatasetException(
                file, $"expected well-formed YAML, found an error in line {e.Start.Line}, column {e.Start.Column}: {DataFile.Shorten(e.Message)}", e);
        }
    }

    private static object? Node(Parser parser, int depth)
    {
        if (depth > MostDepth)
        {
            throw new YamlException(parser.Current!.Start, parser.Current.End, $"expected at most {MostDepth} levels");
        }

        if (parser.TryConsume<Scalar>(out var scalar))
        {
            return scalar.Value;
        }

        if (parser.TryConsume<SequenceStart>(out _))
        {
            var list = new List<object?>();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                list.Add(Node(parser, depth + 1));
            }

            return list;
        }

        if (parser.TryConsume<MappingStart>(out _))
        {
            var table = new Dictionary<string, object?>(StringComparer.Ordinal);
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                var key = parser.Consume<Scalar>().Value;
                table[key] = Node(parser, depth + 1);
            }

            return table;
        }

        var other = parser.Current;
        throw new YamlException(
            other?.Start ?? Mark.Empty, other?.End ?? Mark.Empty, other is AnchorAlias ? "expected no aliases (*name)" : "expected a value");
    }
}
