namespace Fovea.Docs.Tests;

/// <summary>A block of C# in a page.</summary>
/// <param name="File">The page, below the repository.</param>
/// <param name="Line">Of the block's first line of code, from 1.</param>
/// <param name="Text">The code.</param>
/// <param name="Marker">The comment before the block, which says how it is compiled; null: as a program of its own.</param>
/// <param name="Above">The block before it on the page, if there is one.</param>
internal sealed record CodeBlock(string File, int Line, string Text, string? Marker, CodeBlock? Above)
{
    private static readonly string[] Languages = ["csharp", "cs", "c#"];

    /// <summary>All blocks of a page.</summary>
    /// <param name="file">Its name.</param>
    /// <param name="page">Its text.</param>
    public static IReadOnlyList<CodeBlock> Of(string file, string page)
    {
        var (lines, blocks) = (page.ReplaceLineEndings("\n").Split('\n'), new List<CodeBlock>());
        for (var i = 0; i < lines.Length; i++)
        {
            if (!IsFence(lines[i]))
            {
                continue;
            }

            var begin = i + 1;
            var isCode = Languages.Contains(lines[i].Trim().Trim('`').Trim(), StringComparer.OrdinalIgnoreCase);
            var end = Array.FindIndex(lines, begin, IsFence);
            Assert.True(end > 0, $"{file}({begin}): the block has no end");
            if (isCode)
            {
                var before = lines.Take(i).LastOrDefault(l => l.Trim().Length > 0)?.Trim();
                var marker = before is ['<', '!', '-', '-', .., '-', '-', '>'] ? before[4..^3].Trim() : null;
                blocks.Add(new CodeBlock(file, begin + 1, string.Join('\n', lines[begin..end]) + "\n", marker, blocks.LastOrDefault()));
            }

            i = end;
        }

        return blocks;
    }

    private static bool IsFence(string line) => line.TrimStart().StartsWith("```", StringComparison.Ordinal);
}
