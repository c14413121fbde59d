using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace Fovea.App.Reports.Html;

/// <summary>Markup that may stand in a page as it is.</summary>
internal readonly record struct Markup(string Text)
{
    public static Markup None => new("");
}

/// <summary>Builds a page. Whatever is put into an interpolated string is escaped, unless it is <see cref="Markup"/> itself.</summary>
internal sealed class HtmlText
{
    private readonly StringBuilder text = new();

    /// <summary>A line of markup.</summary>
    public void Add(HtmlInterpolation line) => text.Append(line.ToText()).Append('\n');

    /// <summary>Markup that was made elsewhere.</summary>
    public void Add(Markup markup) => text.Append(markup.Text);

    /// <summary>What was built.</summary>
    public Markup ToMarkup() => new(text.ToString());

    /// <summary>A text as it stands in a page: nothing in it is markup. Characters that no page may have become a sign for that.</summary>
    public static string Escape(string value) =>
        WebUtility.HtmlEncode(string.Concat(value.Select(c => char.IsControl(c) && c is not ('\n' or '\t') ? '\uFFFD' : c)));
}

/// <summary>An interpolated string whose holes are escaped, and whose numbers are those of the invariant culture.</summary>
[InterpolatedStringHandler]
internal readonly ref struct HtmlInterpolation(int literalLength, int formattedCount)
{
    private readonly StringBuilder text = new(literalLength + (16 * formattedCount));

    public void AppendLiteral(string value) => text.Append(value);

    public void AppendFormatted(Markup value) => text.Append(value.Text);

    public void AppendFormatted(string? value) => text.Append(HtmlText.Escape(value ?? ""));

    public void AppendFormatted<T>(T value, string? format = null)
        where T : IFormattable => AppendFormatted(value.ToString(format, CultureInfo.InvariantCulture));

    public string ToText() => text.ToString();
}
