using System.Text;

namespace Fovea.Generator.Emission;

/// <summary>C# names of what the graph names for readers.</summary>
internal static class Names
{
    /// <summary>
    /// layer1.0 → Layer1_0, fpn.P3 → FpnP3: an underscore only where two numbers would run together.
    /// </summary>
    public static string Pascal(string name)
    {
        var text = new StringBuilder();
        foreach (var part in name.Split('.', '_', ' '))
        {
            if (part.Length == 0)
            {
                continue;
            }

            if (text.Length > 0 && char.IsDigit(text[text.Length - 1]) && char.IsDigit(part[0]))
            {
                text.Append('_');
            }

            text.Append(char.ToUpperInvariant(part[0])).Append(part, 1, part.Length - 1);
        }

        return text.ToString();
    }

    /// <summary>ProjectedBottleneck → projected bottleneck.</summary>
    public static string Words(string kind) =>
        string.Concat(kind.Select((c, i) => (i > 0 && char.IsUpper(c) ? " " : "") + char.ToLowerInvariant(c)));

    /// <summary>in 32 groups → In32Groups: what of a text may stand in a name.</summary>
    public static string Identifier(string text) => string.Concat(text.Split(' ').Where(word => word.Length > 0).Select(word =>
        string.Concat(Capital(word).Replace('×', 'x').Where(char.IsLetterOrDigit))));

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word.Substring(1);
}
