namespace Fovea.Generator.Emission;

/// <summary>
/// Breaks a line of C# that is too wide: a comment between words, code behind a comma or before an operator, never in a literal.
/// </summary>
internal static class LineBreaker
{
    private static readonly string[] Comments = ["/// ", "// "];

    public static List<string> Break(string line, int width)
    {
        var start = line.Length - line.TrimStart().Length;
        var comment = Comments.FirstOrDefault(mark => string.CompareOrdinal(line, start, mark, 0, mark.Length) == 0);
        if (comment != null)
        {
            return Pieces(line, width, line.Substring(0, start) + comment, WordEnds(line, start + comment.Length));
        }

        var behind = CommentBehind(line);
        if (behind > 0)
        {
            // The comment goes before the code that it explains.
            var indent = line.Substring(0, start);
            return [.. Break(indent + line.Substring(behind), width), .. Break(line.Substring(0, behind).TrimEnd(), width)];
        }

        return Pieces(line, width, line.Substring(0, start) + "    ", CodeEnds(line));
    }

    /// <summary>Cuts at the last of the places that leaves a piece narrow enough, else at the first.</summary>
    /// <param name="next">What each piece but the first begins with.</param>
    /// <param name="ends">Where a piece may end, in order.</param>
    private static List<string> Pieces(string line, int width, string next, List<int> ends)
    {
        var pieces = new List<string>();
        var (start, prefix) = (0, "");
        for (var i = 0; i < ends.Count && prefix.Length + line.Length - start > width; i++)
        {
            var isLast = i == ends.Count - 1;
            if (ends[i] > start && (isLast || prefix.Length + ends[i + 1] - start > width))
            {
                var piece = line.Substring(start, ends[i] - start).TrimEnd();
                pieces.Add(start == 0 ? piece : prefix + piece.TrimStart());
                (start, prefix) = (ends[i], next);
            }
        }

        pieces.Add(start == 0 ? line : prefix + line.Substring(start).Trim());
        return pieces;
    }

    private static List<int> WordEnds(string line, int from)
    {
        var ends = new List<int>();
        for (var i = from; i < line.Length; i++)
        {
            if (line[i] == ' ' && i > from)
            {
                ends.Add(i);
            }
        }

        return ends;
    }

    private static List<int> CodeEnds(string line)
    {
        var ends = new List<int>();
        var start = line.Length - line.TrimStart().Length;
        ForEachOutsideLiterals(line, i =>
        {
            if (i > start && line[i] == ' ' && (line[i - 1] is ',' or '(' || IsOperator(line, i + 1)))
            {
                ends.Add(i);
            }
        });
        return ends;
    }

    /// <summary>A binary operator with spaces around it.</summary>
    private static bool IsOperator(string line, int at) => at + 1 < line.Length && line[at] is ('+' or '?' or ':') && line[at + 1] == ' ';

    private static int CommentBehind(string line)
    {
        var found = -1;
        ForEachOutsideLiterals(line, i => found = found < 0 && i > 0 && string.CompareOrdinal(line, i, "//", 0, 2) == 0 ? i : found);
        return found;
    }

    private static void ForEachOutsideLiterals(string line, Action<int> see)
    {
        var inside = false;
        for (var i = 0; i < line.Length; i++)
        {
            if (inside && line[i] == '\\')
            {
                i++;
            }
            else if (line[i] == '"')
            {
                inside = !inside;
            }
            else if (!inside)
            {
                see(i);
            }
        }
    }
}
