namespace Fovea.App.Commands;

/// <summary>What a misspelt word may have meant.</summary>
internal static class Nearest
{
    /// <summary>The known word that fewest changes lead to; null where none is near.</summary>
    /// <param name="word">As it was written.</param>
    /// <param name="known">What could have been meant.</param>
    public static string? Of(string word, IEnumerable<string> known)
    {
        var best = known.Select(k => (Word: k, Changes: Changes(word, k)))
            .OrderBy(k => k.Changes).ThenBy(k => k.Word, StringComparer.Ordinal).FirstOrDefault();
        return best.Word is not null && best.Changes <= Math.Max(1, Math.Min(word.Length, best.Word.Length) / 3) ? best.Word : null;
    }

    /// <summary>": did you mean X?", or nothing.</summary>
    public static string Hint(string word, IEnumerable<string> known) => Of(word, known) is { } near ? $"; did you mean {near}?" : "";

    /// <summary>Letters to insert, leave out, replace, or exchange with their neighbour (optimal string alignment).</summary>
    private static int Changes(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    d[i, j] = i + j;
                    continue;
                }

                var replaced = d[i - 1, j - 1] + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                d[i, j] = Math.Min(replaced, 1 + Math.Min(d[i - 1, j], d[i, j - 1]));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
                }
            }
        }

        return d[a.Length, b.Length];
    }
}
