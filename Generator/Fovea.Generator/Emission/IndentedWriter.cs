using System.Text;

namespace Fovea.Generator.Emission;

/// <summary>
/// What every emitter writes through: four spaces for each open block, <c>\n</c>, no trailing spaces, at most one empty line in a row, no
/// line wider than <see cref="Width"/>. Emitters break their lines where they read best; what is too wide nevertheless is broken here. One
/// thing is wider: a name of the user's own that is, since C# breaks no name.
/// </summary>
internal sealed class IndentedWriter(CancellationToken cancellation = default)
{
    /// <summary>Columns of a generated file.</summary>
    public const int Width = 140;

    private const string Indentation = "    ";

    private readonly StringBuilder text = new();
    private int depth;
    private bool atStart = true;
    private bool gap;

    /// <summary>Columns that remain for a line here.</summary>
    public int Room => Width - (Indentation.Length * depth);

    /// <summary>Writes one or more lines (a raw string literal), each indented.</summary>
    public void Line(string lines)
    {
        for (var start = 0; start <= lines.Length;)
        {
            var end = lines.IndexOf('\n', start);
            end = end < 0 ? lines.Length : end;
            One(lines.Substring(start, end - start).TrimEnd());
            start = end + 1;
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

    /// <summary>Writes a summary: on one line where it fits, else with its tags on lines of their own.</summary>
    public void Summary(string text) => Tagged("summary", text);

    /// <summary>As <see cref="Summary"/>.</summary>
    public void Remarks(string text) => Tagged("remarks", text);

    /// <summary>Writes items between an opening and a closing text: on one line where they fit, else on as many as they need.</summary>
    public void List(string open, IEnumerable<string> items, string close)
    {
        var list = items.ToList();
        var oneLine = open + string.Join(", ", list) + close;
        if (oneLine.Length <= Room)
        {
            Line(oneLine);
            return;
        }

        One(open.TrimEnd());
        using (Indent())
        {
            var row = new StringBuilder();
            for (var i = 0; i < list.Count; i++)
            {
                var item = list[i] + (i < list.Count - 1 ? "," : close);
                if (row.Length > 0 && row.Length + 1 + item.Length > Room)
                {
                    One(row.ToString());
                    row.Clear();
                }

                row.Append(row.Length == 0 ? "" : " ").Append(item);
            }

            One(row.ToString());
        }
    }

    /// <summary>
    /// Writes code lines with comments behind them, aligned in one column, and shapes in another. Operands that a note explains go onto a
    /// line of their own, with their notes, where all on one line would be too wide.
    /// </summary>
    public void Aligned(IReadOnlyList<CodeLine> lines)
    {
        var rows = new CommentColumns(Room).Layout(lines);
        foreach (var row in rows)
        {
            Line(row);
        }
    }

    /// <summary>Whether the lines stay whole when they are aligned.</summary>
    public bool Fits(IReadOnlyList<CodeLine> lines) => new CommentColumns(Room).Layout(lines).Count == lines.Count;

    public override string ToString() => text.ToString();

    private void Tagged(string tag, string text)
    {
        var oneLine = $"/// <{tag}>{text}</{tag}>";
        Line(oneLine.Length <= Room ? oneLine : $"/// <{tag}>\n/// {text}\n/// </{tag}>");
    }

    private void One(string line)
    {
        cancellation.ThrowIfCancellationRequested();
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
        if (line.Length <= Room)
        {
            Write(line);
        }
        else
        {
            LineBreaker.Break(line, Room).ForEach(Write);
        }
    }

    private void Write(string line) => text.Append(' ', Indentation.Length * depth).Append(line).Append('\n');

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
