using Fovea.Generator.Graph;

namespace Fovea.Generator.Emission;

/// <summary>
/// A generated method: the lines of all blocks that differ in nothing but sizes and the names of other blocks' values. What differs is
/// written as a symbol: h×w, C, s.
/// </summary>
internal sealed class BlockMethod(BlockCall first)
{
    public string Name { get; set; } = "";

    public List<BlockCall> Calls { get; } = [first];

    public string Kind => Calls[0].Block.Kind;

    /// <summary>Whether its blocks lie on different levels, so that shapes are relative.</summary>
    private bool IsRelative => Calls.Exists(call => call.Base != Calls[0].Base);

    /// <summary>The lines; shapes are shown where they change.</summary>
    public IReadOnlyList<CodeLine> Lines()
    {
        var lines = new List<CodeLine>();
        var shown = "";
        for (var i = 0; i < Calls[0].Lines.Count; i++)
        {
            var (line, shape) = (Calls[0].Lines[i], ShapeOf(i));
            lines.Add(new(line.Code, CommentOf(i), shape == shown ? "" : shape) { Named = line.Named, Note = NoteOf(i) });
            shown = shape.Length == 0 ? shown : shape;
        }

        return lines;
    }

    /// <summary>Its blocks, what they are, and what the symbols in its lines stand for.</summary>
    public string Describe()
    {
        var names = Calls.Select(call => call.Block.Name).ToList();
        var listed = names.Count <= 4 ? string.Join(", ", names) : $"{names[0]}, {names[1]} … {names[names.Count - 1]}";
        var titles = Calls.Select(call => call.Block.Title).Distinct().ToList();
        var what = titles.Count == 1 ? titles[0] : Names.Words(Kind);
        var (comments, shapes) = (Lines().Select(line => line.Comment).ToList(), Lines().Select(line => line.Shape).ToList());
        var symbols = new List<string>();
        if (shapes.Exists(shape => shape.StartsWith("[N, h", StringComparison.Ordinal)))
        {
            symbols.Add("h×w: cells of the finest map");
        }

        if (comments.Concat(shapes).Any(text => text.Contains("/s")))
        {
            symbols.Add("s: stride");
        }

        if (shapes.Exists(shape => shape.Contains('C')))
        {
            symbols.Add("C: output channels");
        }

        return $"{listed}: {what}{string.Concat(symbols.Select(symbol => "; " + symbol))}.";
    }

    /// <summary>What tells it from another method of its kind, most telling first.</summary>
    public IEnumerable<string> DifferencesTo(BlockMethod other)
    {
        var (own, others) = (Calls[0].Lines, other.Calls[0].Lines);
        var (operands, othersOperands) = (Operands(own), Operands(others));
        foreach (var (missing, word) in new[] { (othersOperands.Except(operands), "Without"), (operands.Except(othersOperands), "With") })
        {
            foreach (var operand in missing.Where(operand => operand.StartsWith("g.", StringComparison.Ordinal)))
            {
                yield return word + operand.Substring(2) + "Gradient";
            }

            if (missing.Any(operand => operand.StartsWith("d.", StringComparison.Ordinal)))
            {
                yield return word + "ParameterGradients";
            }
        }

        var (labels, othersLabels) = (Labels(own), Labels(others));
        foreach (var label in labels.Concat(othersLabels).Distinct().OrderBy(label => label, StringComparer.Ordinal))
        {
            var (count, othersCount) = (labels.Count(l => l == label), othersLabels.Count(l => l == label));
            if (count != othersCount)
            {
                yield return (count < othersCount ? "Without" : "With") + Names.Pascal(label);
            }
        }

        foreach (var word in Words(own).Except(Words(others)))
        {
            yield return "With" + Names.Identifier(word);
        }
    }

    private static List<string> Operands(IReadOnlyList<CallLine> lines) => lines
        .SelectMany(line => line.Code.Substring(line.Code.IndexOf('(') + 1).Split(',', ')', ';')
            .Concat(line.Named.Split(',', ')', ';', ' ')))
        .Select(operand => operand.Trim()).Distinct().ToList();

    private static List<string> Labels(IReadOnlyList<CallLine> lines) => lines
        .SelectMany(line => line.Named.Split(',', ' ')).Where(word => word.EndsWith(":", StringComparison.Ordinal))
        .Select(word => word.TrimEnd(':')).ToList();

    private static IEnumerable<string> Words(IReadOnlyList<CallLine> lines) =>
        lines.Select(line => BlockCall.WithoutStrides(line.Comment)).Distinct();

    /// <summary>Strides that differ between the blocks are s.</summary>
    private string CommentOf(int line)
    {
        var comment = Calls[0].Lines[line].Comment;
        if (Calls.TrueForAll(call => call.Lines[line].Comment == comment))
        {
            return comment;
        }

        var words = Calls.Select(call => call.Lines[line].Comment.Split(' ')).ToList();
        return string.Join(" ", words[0].Select((word, i) =>
            words.TrueForAll(other => other[i] == word) ? word : BlockCall.StrideOf(word).Word + "/s"));
    }

    /// <summary>Each note with what the value is called and who made it: by name where that is the same for all blocks.</summary>
    private string NoteOf(int line)
    {
        var first = Calls[0].Lines[line];
        return string.Join(" ", first.Note.Select((note, i) => note
            .Replace("{value}", Same(call => NameOf(call.Lines[line].Noted[i], call.Block)) ?? Calls[0].Block.RoleOf(first.Noted[i]))
            .Replace("{maker}", Same(call => MakerOf(call, line, i)?.Name) ?? "the block before")
            .Replace("{source}", Same(call => MakerOf(call, line, i)?.Name)
                ?? Same(call => MakerOf(call, line, i) is { } maker ? Names.Words(maker.Kind) : null)
                ?? "what is there")));
    }

    private static string NameOf(Value value, Block block) =>
        value.Block == block ? block.RoleOf(value) : value.Taps.LastOrDefault()?.Name ?? value.Name;

    private static Block? MakerOf(BlockCall call, int line, int noted) => call.Lines[line].Noted[noted].Producer?.Block;

    /// <summary>What is the same for all blocks, or null.</summary>
    private string? Same(Func<BlockCall, string?> text)
    {
        var first = text(Calls[0]);
        return Calls.TrueForAll(call => text(call) == first) ? first : null;
    }

    private string ShapeOf(int line)
    {
        var shapes = Calls.Where(call => call.Lines[line].Output != null)
            .Select(call => (Of: call, call.Lines[line].Output!.Shape)).ToList();
        if (shapes.Count == 0)
        {
            return "";
        }

        var first = shapes[0].Shape;
        if (shapes.TrueForAll(shape => shape.Shape == first) && !IsRelative)
        {
            return first.ToString();
        }

        var offsets = shapes.Select(shape => shape.Shape.Halvings - (IsRelative ? shape.Of.Base : 0)).Distinct().ToList();
        var over = offsets.Count > 1 ? "/s" : offsets[0] == 0 ? "" : "/" + Literal.Of(1 << offsets[0]);
        var (height, width) = IsRelative ? ("h", "w") : ("H", "W");
        var channels = ChannelsOf(line, shapes.ConvertAll(shape => (shape.Shape.Channels, shape.Of.Channels)));
        return $"[N, {height}{over}, {width}{over}, {channels}]";
    }

    /// <summary>A number where it is the same for all blocks, else C, C/4 or 4C, else the name of the map.</summary>
    private string ChannelsOf(int line, List<(int Own, int Result)> channels)
    {
        var (own, result) = channels[0];
        if (channels.TrueForAll(other => other.Own == own))
        {
            return Literal.Of(own);
        }

        if (!channels.TrueForAll(other => (long)other.Own * result == (long)own * other.Result))
        {
            return "C of " + Calls[0].Block.RoleOf(Calls[0].Lines[line].Output!);
        }

        var divisor = GreatestCommonDivisor(own, result);
        var (over, under) = (own / divisor, result / divisor);
        return (over == 1 ? "C" : Literal.Of(over) + "C") + (under == 1 ? "" : "/" + Literal.Of(under));
    }

    private static int GreatestCommonDivisor(int a, int b) => b == 0 ? a : GreatestCommonDivisor(b, a % b);
}
