namespace Fovea.Generator.Emission;

/// <summary>A generated statement: the call, what it computes, the shape that it makes.</summary>
/// <param name="Code">The statement; where operands are named, without them and what closes it.</param>
internal sealed record CodeLine(string Code, string Comment = "", string Shape = "")
{
    /// <summary>The operands that go by name, with what closes the statement: <c>mask: b.Input);</c>.</summary>
    public string Named { get; init; } = "";

    /// <summary>What these operands do.</summary>
    public string Note { get; init; } = "";
}

/// <summary>
/// Lays out statements with what stands behind them: comments in one column, shapes in another. Where a row would be too wide, first the
/// named operands get rows of their own, then the arguments of the longest calls.
/// </summary>
/// <param name="room">Columns.</param>
internal sealed class CommentColumns(int room)
{
    public IReadOnlyList<string> Layout(IReadOnlyList<CodeLine> lines)
    {
        var rows = lines.Select(OnOneRow).ToList();
        if (!Fit(rows))
        {
            rows = [.. lines.SelectMany(OnTwoRows)];
        }

        while (!Fit(rows) && BreakLongest(rows))
        {
        }

        var (comments, shapes) = Columns(rows);
        return rows.ConvertAll(row => row.Text(comments, shapes));
    }

    private static Row OnOneRow(CodeLine line) => line.Named.Length == 0
        ? new(line.Code, line.Comment, line.Shape)
        : new($"{line.Code}, {line.Named}", Joined(line.Comment, line.Note), line.Shape);

    private static Row[] OnTwoRows(CodeLine line) => line.Named.Length == 0 || line.Note.Length == 0
        ? [OnOneRow(line)]
        : [new(line.Code + ",", line.Comment, line.Shape), new("    " + line.Named, line.Note, "")];

    private static string Joined(string comment, string note) => note.Length == 0 ? comment : comment.Length == 0 ? note : $"{comment} {note}";

    private static (int Comments, int Shapes) Columns(List<Row> rows)
    {
        var explained = rows.Where(row => row.IsExplained).ToList();
        var shaped = explained.Where(row => row.Shape.Length > 0).ToList();
        return (
            explained.Select(row => row.Code.Length).DefaultIfEmpty(0).Max() + 2,
            shaped.Select(row => row.Comment.Length).DefaultIfEmpty(0).Max() is var longest && longest == 0 ? 0 : longest + 2);
    }

    /// <summary>Moves the arguments of the longest call onto a row of their own; false if there is none that this would make shorter.</summary>
    private static bool BreakLongest(List<Row> rows)
    {
        var longest = -1;
        for (var i = 0; i < rows.Count; i++)
        {
            var isLonger = longest < 0 || rows[i].Code.Length > rows[longest].Code.Length;
            longest = isLonger && rows[i].ArgumentsAt > 0 ? i : longest;
        }

        if (longest < 0)
        {
            return false;
        }

        var (row, arguments) = (rows[longest], rows[longest].ArgumentsAt);
        rows[longest] = new("    " + row.Code.Substring(arguments), row.Comment, row.Shape);
        rows.Insert(longest, new(row.Code.Substring(0, arguments), "", ""));
        return true;
    }

    private bool Fit(List<Row> rows)
    {
        var (comments, shapes) = Columns(rows);
        return rows.TrueForAll(row => row.Text(comments, shapes).Length <= room);
    }

    /// <summary>One line of text.</summary>
    private sealed record Row(string Code, string Comment, string Shape)
    {
        public bool IsExplained => Comment.Length + Shape.Length > 0;

        /// <summary>Where the arguments of a call begin; 0 where there are none or they stand alone.</summary>
        public int ArgumentsAt => Code.StartsWith(" ", StringComparison.Ordinal) ? 0
            : Code.IndexOf('(') is var open && open > 0 && open + 1 < Code.Length && Code[open + 1] != ')' ? open + 1
            : 0;

        public string Text(int comments, int shapes) => !IsExplained ? Code
            : $"{Code.PadRight(comments)}// {(Shape.Length == 0 ? Comment : Comment.PadRight(shapes) + Shape)}";
    }
}
