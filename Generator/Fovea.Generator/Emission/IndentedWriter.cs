using System.Text;

namespace Fovea.Generator.Emission;

/// <summary>
/// What every emitter writes through: four spaces for each open block, <c>\n</c>, no trailing spaces, at most one empty line in a row.
/// </summary>
internal sealed class IndentedWriter
{
    private const int Width = 138;
    private const int AlignedLimit = 108;

    private readonly StringBuilder text = new();
    private int depth;
    private bool atStart = true;
    private bool gap;

    /// <summary>Writes one or more lines (a raw string literal), each indented.</summary>
    public void Line(string lines)
    {
        foreach (var line in lines.Split('\n'))
        {
            One(line.TrimEnd());
        }
    }

    /// <summary>An empty line before the next line, unless that one opens or closes a block.</summary>
    public void Gap() => gap = true;

    /// <summary>Writes the header line and a brace; the brace closes when the result is disposed.</summary>
    public Scope Block(string header)
    {
        Line(header);
        return Block();
    }

    /// <summary>Writes a brace, which closes when the result is disposed.</summary>
    public Scope Block()
    {
        One("{");
        depth++;
        atStart = true;
        return new Scope(this, "}");
    }

    /// <summary>Indents what follows, without braces.</summary>
    public Scope Indent()
    {
        depth++;
        return new Scope(this, null);
    }

    /// <summary>As <see cref="Block(string)"/>, for an object initializer or a collection: the closing text is given.</summary>
    public Scope Block(string header, string open, string close)
    {
        Line(header);
        One(open);
        depth++;
        atStart = true;
        return new Scope(this, close);
    }

    /// <summary>Writes items between an opening and a closing text: on one line where they fit, else on as many as they need.</summary>
    public void List(string open, IEnumerable<string> items, string close)
    {
        var list = items.ToList();
        var oneLine = open + string.Join(", ", list) + close;
        if ((4 * depth) + oneLine.Length <= Width)
        {
            Line(oneLine);
            return;
        }

        var rows = new List<string> { "    " + list[0] };
        foreach (var item in list.Skip(1))
        {
            var last = rows[rows.Count - 1] + ", " + item;
            if ((4 * depth) + last.Length < Width)
            {
                rows[rows.Count - 1] = last;
            }
            else
            {
                rows[rows.Count - 1] += ",";
                rows.Add("    " + item);
            }
        }

        Line(open + "\n" + string.Join("\n", rows) + close);
    }

    /// <summary>Writes code lines with comments behind them, aligned in one column except behind lines that are much longer.</summary>
    public void Aligned(IReadOnlyList<CodeLine> lines)
    {
        var comments = lines.Where(line => line.Comment.Length > 0).ToList();
        var column = comments.Select(line => line.LastLength).Where(length => length <= AlignedLimit).DefaultIfEmpty(0).Max() + 2;
        var second = comments.Count == 0 ? 0 : comments.Max(line => line.Comment.Length) + 2;
        foreach (var line in lines)
        {
            var comment = line.Comment.Length == 0 && line.Shape.Length == 0 ? ""
                : "// " + (line.Shape.Length == 0 ? line.Comment : line.Comment.PadRight(second) + line.Shape);
            Line(comment.Length == 0 ? line.Code : line.Code + new string(' ', Math.Max(column - line.LastLength, 2)) + comment);
        }
    }

    public override string ToString() => text.ToString();

    private void One(string line)
    {
        if (line.Length == 0)
        {
            gap = true;
            return;
        }

        if (gap && !atStart)
        {
            text.Append('\n');
        }

        gap = false;
        atStart = false;
        text.Append(' ', 4 * depth).Append(line).Append('\n');
    }

    private void Close(string? close)
    {
        depth--;
        gap = false;
        if (close != null)
        {
            One(close);
        }
    }

    /// <summary>An open block.</summary>
    internal readonly struct Scope(IndentedWriter writer, string? close) : IDisposable
    {
        public void Dispose() => writer.Close(close);
    }
}

/// <summary>A generated line: the call, what it computes, the shape that it makes.</summary>
internal sealed record CodeLine(string Code, string Comment = "", string Shape = "")
{
    /// <summary>Length of the last line of code, behind which the comment stands.</summary>
    public int LastLength => Code.Length - 1 - Code.LastIndexOf('\n');
}
