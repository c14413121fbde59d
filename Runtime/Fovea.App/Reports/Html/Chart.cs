using System.Globalization;

namespace Fovea.App.Reports.Html;

/// <summary>A line of a chart.</summary>
/// <param name="Name">In the legend.</param>
/// <param name="Color">Any CSS colour.</param>
/// <param name="Points">In ascending order of x; where y is no finite number, the line has a gap.</param>
/// <param name="Dashed">A broken line.</param>
internal sealed record ChartLine(string Name, string Color, IReadOnlyList<(double X, double Y)> Points, bool Dashed = false);

/// <summary>A line chart as SVG, drawn in the page's colours.</summary>
/// <param name="Title">Above it.</param>
/// <param name="X">What runs to the right.</param>
/// <param name="Lines">Those without points are left out.</param>
internal sealed record Chart(string Title, string X, IReadOnlyList<ChartLine> Lines)
{
    private const int Left = 46;
    private const int Right = 12;
    private const int Top = 10;
    private const int Bottom = 40;
    private const int MostDots = 60;
    private const double WideRange = 50;

    /// <summary>The ends of the axis upwards; null: those of the lines.</summary>
    public (double Low, double High)? Y { get; init; }

    /// <summary>The ends of the axis to the right; null: those of the lines.</summary>
    public (double Low, double High)? XRange { get; init; }

    /// <summary>Whether x has whole numbers only.</summary>
    public bool WholeX { get; init; } = true;

    /// <summary>In units that are pixels where there is room for it.</summary>
    public (int Width, int Height) Size { get; init; } = (340, 230);

    /// <summary>How values are written beside points.</summary>
    public string Format { get; init; } = "G4";

    private int Width => Size.Width;

    private int Height => Size.Height;

    /// <summary>The chart with its title and its legend.</summary>
    public Markup ToMarkup()
    {
        var lines = Lines.Where(l => l.Points.Any(p => double.IsFinite(p.Y))).ToArray();
        var html = new HtmlText();
        html.Add($"<figure class=\"chart\"><figcaption>{Title}</figcaption>");
        if (lines.Length == 0)
        {
            html.Add($"<p class=\"quiet\">Not measured.</p></figure>");
            return html.ToMarkup();
        }

        var points = lines.SelectMany(l => l.Points).Where(p => double.IsFinite(p.Y)).ToArray();
        var x = new Axis(XRange ?? (points.Min(p => p.X), points.Max(p => p.X)), Left, Width - Right, isLogarithmic: false, WholeX);
        var (low, high) = Y ?? Padded(points.Min(p => p.Y), points.Max(p => p.Y));
        var y = new Axis((low, high), Height - Bottom, Top, isLogarithmic: Y is null && low > 0 && high / low > WideRange, isWhole: false);
        html.Add($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{Title}\">");
        AddAxes(html, x, y);
        foreach (var line in lines)
        {
            AddLine(html, line, x, y);
        }

        html.Add($"</svg>");
        html.Add($"<ul class=\"legend\">");
        foreach (var line in lines)
        {
            html.Add($"<li><span class=\"key{(line.Dashed ? " dashed" : "")}\" style=\"--c:{line.Color}\"></span>{line.Name}</li>");
        }

        html.Add($"</ul></figure>");
        return html.ToMarkup();
    }

    private static (double Low, double High) Padded(double low, double high)
    {
        if (low > 0 && high / low > WideRange)
        {
            return (low, high);
        }

        var floor = low > 0 && low < 0.6 * high ? 0 : low;
        var pad = high > floor ? 0.05 * (high - floor) : Math.Max(Math.Abs(high) * 0.1, 1e-6);
        return (floor == 0 ? 0 : floor - pad, high + pad);
    }

    private void AddAxes(HtmlText html, Axis x, Axis y)
    {
        foreach (var tick in y.Ticks(4))
        {
            html.Add($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{y.At(tick):F1}\" y2=\"{y.At(tick):F1}\"/>");
            html.Add($"<text class=\"tick\" x=\"{Left - 7}\" y=\"{y.At(tick) + 4:F1}\" text-anchor=\"end\">{tick:G3}</text>");
        }

        html.Add($"<line class=\"axis\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Height - Bottom}\" y2=\"{Height - Bottom}\"/>");
        foreach (var tick in x.Ticks(6))
        {
            html.Add($"<text class=\"tick\" x=\"{x.At(tick):F1}\" y=\"{Height - Bottom + 17}\" text-anchor=\"middle\">{tick:G4}</text>");
        }

        html.Add($"<text class=\"label\" x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 5}\" text-anchor=\"middle\">{X}</text>");
    }

    private void AddLine(HtmlText html, ChartLine line, Axis x, Axis y)
    {
        var path = new System.Text.StringBuilder();
        var isOpen = false;
        foreach (var (px, py) in line.Points)
        {
            if (!double.IsFinite(py))
            {
                isOpen = false;
                continue;
            }

            path.Append(CultureInfo.InvariantCulture, $"{(isOpen ? 'L' : 'M')}{x.At(px):F1} {y.At(py):F1}");
            isOpen = true;
        }

        html.Add($"<path class=\"line{(line.Dashed ? " dashed" : "")}\" style=\"--c:{line.Color}\" d=\"{path.ToString()}\"/>");
        if (line.Points.Count > MostDots)
        {
            return;
        }

        foreach (var (px, py) in line.Points.Where(p => double.IsFinite(p.Y)))
        {
            html.Add($"<circle class=\"dot\" style=\"--c:{line.Color}\" cx=\"{x.At(px):F1}\" cy=\"{y.At(py):F1}\" r=\"2.4\">");
            html.Add($"<title>{line.Name}, {X} {px}: {py.ToString(Format, CultureInfo.InvariantCulture)}</title></circle>");
        }
    }
}
