using System.Text;

namespace Fovea.Generator.Emission;

/// <summary>C# names of what the graph names for readers.</summary>
internal static class Names
{
    /// <summary>
    /// layer1.0 → Layer1_0, classification.P3 → ClassificationP3: an underscore only where two numbers would run together.
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
}
