using System.Globalization;
using System.Text;

namespace Fovea.Generator.Emission;

/// <summary>Values as C# source, the same on every machine.</summary>
internal static class Literal
{
    private const int PieceLength = 80;

    /// <summary>The shortest decimal that is read back as the same float: <c>0.25f</c>.</summary>
    public static string Of(float value)
    {
        if (float.IsInfinity(value) || float.IsNaN(value))
        {
            throw new ArgumentOutOfRangeException(nameof(value), value, "No generated constant is infinite or not a number.");
        }

        for (var digits = 6; digits < 9; digits++)
        {
            var text = value.ToString("G" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            if (float.Parse(text, CultureInfo.InvariantCulture) == value)
            {
                return text.Replace("E-0", "e-").Replace("E-", "e-").Replace("E+", "e+") + "f";
            }
        }

        return value.ToString("G9", CultureInfo.InvariantCulture) + "f";
    }

    public static string Of(double value) => Of((float)value);

    public static string Of(int value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Of(long value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Of(bool value) => value ? "true" : "false";

    /// <summary>A long one as a sum of shorter ones, so that lines can be broken between them.</summary>
    public static string Of(string? value)
    {
        if (value == null)
        {
            return "null";
        }

        var text = new StringBuilder("\"");
        var start = 0;
        foreach (var c in value)
        {
            if (text.Length - start > PieceLength && !char.IsLowSurrogate(c))
            {
                text.Append("\" + ");
                start = text.Length;
                text.Append('"');
            }

            text.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\0' => "\\0",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\u2028' or '\u2029' or '\u0085' => Escaped(c),
                _ => char.IsControl(c) ? Escaped(c) : c.ToString(),
            });
        }

        return text.Append('"').ToString();
    }

    private static string Escaped(char c) => "\\u" + ((int)c).ToString("x4", CultureInfo.InvariantCulture);

    public static string List(IEnumerable<string> items) => "[" + string.Join(", ", items) + "]";

    /// <summary>Groups of three digits, for readers: 34 014 999.</summary>
    public static string Grouped(long value) => value.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', ' ');
}
