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
/// named operands get rows of their own, then the arguments of those calls that leave no room for comments.
/// </summary>
/// <param name="room">Columns.</param>
internal sealed class CommentColumns(int room)
{
    /// <summary>Between code and the text of a comment: <c>  // </c>.</summary>
    private const int Gap = 5;

    public IReadOnlyList<string> Layout(IReadOnlyList<CodeLine> lines)
    {
        var rows = lines.Select(OnOneRow).ToList();
        if (!Fit(rows))
        {
            rows = [.. lines.SelectMany(OnTwoRows)];
        }

        var limit = LimitOf(rows);
        rows = [.. rows.SelectMany(row => row.IsExplained && row.Code.Length > limit ? row.Broken(limit) : [row])];
        var (comments, shapes) = Columns(rows);
        return rows.ConvertAll(row => row.Text(comments, shapes));
    }

    private static Row OnOneRow(CodeLine line) => line.Named.Length == 0
        ? new(line.Code, line.Comment, line.Shape)
        : new($"{line.Code}, {line.Named}", Joined(line.Comment, line.Note), line.Shape);

    private static Row[] OnTwoRows(CodeLine line) => line.Named.Length == 0 || line.Note.Length == 0
        ? [OnOneRow(line)]
        : [new(line.Code + ",", line.Comment, line.Shape), new("    " + line.Named, line.Note, "")];

    private static string Joined(string comment, string note) => $"{comment} {note}".Trim();

    private static int ShapesOf(List<Row> rows)
    {
        var longest = rows.Where(row => row.Shape.Length > 0).Select(row => row.Comment.Length).DefaultIfEmpty(0).Max();
        return longest == 0 ? 0 : longest + 2;
    }

    /// <summary>The longest code that leaves room for every comment.</summary>
    private int LimitOf(List<Row> rows)
    {
        var shapes = ShapesOf(rows);
        return room - Gap - rows.Select(row => row.Explanation(shapes).Length).DefaultIfEmpty(0).Max();
    }

    private (int Comments, int Shapes) Columns(List<Row> rows)
    {
        var limit = LimitOf(rows);
        var aligned = rows.Where(row => row.IsExplained && row.Code.Length <= limit);
        return (aligned.Select(row => row.Code.Length).DefaultIfEmpty(0).Max() + 2, ShapesOf(rows));
    }

    private bool Fit(List<Row> rows)
    {
        var limit = LimitOf(rows);
        return rows.TrueForAll(row => row.Code.Length <= (row.IsExplained ? limit : room));
    }

    /// <summary>One line of text.</summary>
    private sealed record Row(string Code, string Comment, string Shape)
    {
        public bool IsExplained => Comment.Length + Shape.Length > 0;

        /// <summary>With the arguments of its call on a row of their own, and the explanation behind them where there is room.</summary>
        public Row[] Broken(int limit)
        {
            var arguments = Code.IndexOf('(') + 1;
            if (arguments == 0 || arguments == Code.Length || Code[0] == ' ' || Code[arguments] == ')')
            {
                return [this];
            }

            var (head, rest) = (Code.Substring(0, arguments), "    " + Code.Substring(arguments));
            return rest.Length <= limit ? [new(head, "", ""), new(rest, Comment, Shape)] : [new(head, Comment, Shape), new(rest, "", "")];
        }

        public string Explanation(int shapes) => Shape.Length == 0 ? Comment : Comment.PadRight(shapes) + Shape;

        public string Text(int comments, int shapes) =>
            !IsExplained ? Code : $"{Code.PadRight(Math.Max(comments, Code.Length + 2))}// {Explanation(shapes)}";
    }
}
