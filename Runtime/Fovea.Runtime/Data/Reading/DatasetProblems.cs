using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Fovea.Data.Reading;

/// <summary>
/// Collects what is wrong with a data set, so that one reading reports every cause, and not one mistake for each attempt. Problems of one
/// kind
/// (the same field of other entries) are told by their first few, so that many of one kind hide none of another, and the message stays
/// short.
/// </summary>
internal sealed partial class DatasetProblems(string file)
{
    private const int ShownOfKind = 3;
    private const int ShownKinds = 20;
    private const int MostCharacters = 600;
    private readonly Dictionary<string, Kind> kinds = new(StringComparer.Ordinal);
    private readonly List<Kind> order = [];
    private Kind? rest;

    public int Count { get; private set; }

    public void Add(string field, string expected, string found, string? advice = null) => AddOf(
        $"{KindOf(field)} {Numbers().Replace(expected, "")}",
        $"{DataFile.Shorten(field)}: expected {expected}, found {DataFile.Shorten(found)}{(advice is null ? "." : $"; {advice}.")}");

    public void Add(string problem) => AddOf(KindOf(problem), problem);

    /// <summary>Throws one error with all problems, if there are any.</summary>
    public void ThrowIfAny()
    {
        if (Count == 1)
        {
            throw new DatasetException(file, order[0].Examples[0]);
        }

        if (Count > 1)
        {
            var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{Count} problems.");
            foreach (var kind in order)
            {
                foreach (var example in kind.Examples)
                {
                    text.Append("\n  ").Append(example);
                }

                if (kind.Count > kind.Examples.Count)
                {
                    text.Append(CultureInfo.InvariantCulture, $"\n    … and {kind.Count - kind.Examples.Count} more of this kind.");
                }
            }

            if (rest is not null)
            {
                text.Append(CultureInfo.InvariantCulture, $"\n  … and {rest.Count} more of other kinds.");
            }

            throw new DatasetException(file, text.ToString());
        }
    }

    /// <summary>Names for a message: the first few, in quotes, each cut to a bearable length.</summary>
    public static string Quote(IReadOnlyCollection<string> names, int most = 10)
    {
        var text = string.Join(", ", names.Take(most).Select(n => $"'{DataFile.Shorten(n, 60)}'"));
        return names.Count > most ? string.Create(CultureInfo.InvariantCulture, $"{text}, … and {names.Count - most} more") : text;
    }

    /// <summary>Adds a problem in words of its own, which is told with others of its kind.</summary>
    public void AddOf(string kind, string problem)
    {
        Count++;
        if (!kinds.TryGetValue(kind, out var same))
        {
            if (kinds.Count == ShownKinds)
            {
                rest ??= new Kind();
                rest.Count++;
                return;
            }

            kinds[kind] = same = new Kind();
            order.Add(same);
        }

        same.Count++;
        if (same.Examples.Count < ShownOfKind)
        {
            same.Examples.Add(problem.Length > MostCharacters ? string.Concat(problem.AsSpan(0, MostCharacters - 1), "…") : problem);
        }
    }

    /// <summary>"a.xml: object[3].bndbox.xmin" is of the kind "object[].bndbox.xmin", "line 12" of the kind "line".</summary>
    private static string KindOf(string field)
    {
        var start = field.Length > 400 ? field[..400] : field;
        var name = start.LastIndexOf(": expected", StringComparison.Ordinal) is var end and > 0 ? start[..end] : start;
        var colon = name.LastIndexOf(": ", StringComparison.Ordinal);
        var entry = colon < 0 ? name : name[(colon + 2)..];
        var isFile = Path.GetExtension(entry).ToUpperInvariant() is ".XML" or ".JSON" or ".TXT" or ".CSV" || ImageNames.IsImage(entry);
        return isFile ? "" : Numbers().Replace(entry, "");
    }

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Numbers();

    private sealed class Kind
    {
        public int Count { get; set; }

        public List<string> Examples { get; } = [];
    }
}
