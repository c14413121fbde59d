using System.Globalization;

namespace Fovea.App.Reports.Html;

/// <summary>The numbers of each class, and which were taken for which.</summary>
internal static class ClassTables
{
    /// <summary>Classes of which a page still shows the whole matrix.</summary>
    private const int MostShown = 20;

    private const int MostConfusions = 15;

    /// <summary>The class's colour in pictures.</summary>
    public static string PureColorOf(long channel)
    {
        var (r, g, b) = DetectionDrawing.ColorOf((int)channel);
        return string.Create(CultureInfo.InvariantCulture, $"rgb({r} {g} {b})");
    }

    /// <summary>The same, brought nearer to the page's ink, so that bright ones are seen on white and dark ones on black.</summary>
    public static string ColorOf(long channel) => $"color-mix(in oklab, {PureColorOf(channel)} 74%, var(--ink))";

    /// <summary>A row for each class.</summary>
    public static Markup Classes(CocoResult result)
    {
        var html = new HtmlText();
        html.Add($"<section><h2>Classes</h2>");
        html.Add($"<div class=\"scroll\"><table class=\"classes\"><thead><tr><th scope=\"col\">class</th><th scope=\"col\">objects</th>");
        html.Add($"<th scope=\"col\">AP</th><th scope=\"col\">AP50</th><th scope=\"col\">AP75</th><th scope=\"col\">AR100</th>");
        html.Add($"<th scope=\"col\">best F1</th><th scope=\"col\">precision</th><th scope=\"col\">recall</th>");
        html.Add($"<th scope=\"col\">at score</th></tr></thead>");
        html.Add($"<tbody>");
        for (var k = 0; k < result.Classes.Count; k++)
        {
            var c = result.Classes[k];
            var key = new Markup($"<span class=\"swatch\" style=\"--c:{PureColorOf(c.Category)}\"></span>");
            AddRow(html, key, c.Name, c.Truths, c.Summary, result.Curves[k].Best);
        }

        html.Add($"</tbody><tfoot>");
        AddRow(html, Markup.None, "all classes", result.Classes.Sum(c => c.Truths), result.Summary, result.PooledCurve.Best);
        html.Add($"</tfoot></table></div>");
        html.Add($"<p class=\"quiet\">COCO's numbers in points of a hundred. AP and AR are means over IoU 0.50 to 0.95; F1, precision and ");
        html.Add($"recall are at IoU 0.50, from the score on where F1 is greatest.</p></section>");
        return html.ToMarkup();
    }

    /// <summary>The matrix with words on its last row and column; of many classes the most frequent confusions.</summary>
    public static Markup Confusion(CocoResult result)
    {
        var matrix = result.ConfusionMatrix();
        var html = new HtmlText();
        html.Add($"<section><h2>What was taken for what</h2>");
        html.Add($"<p>A row for each class that was there, a column for each that was found, counted from a score of ");
        html.Add($"{matrix.ScoreThreshold:0.00} and an IoU of {matrix.IoUThreshold:0.00} on. <b>Background</b> is no class but what is not marked: ");
        html.Add($"its column counts objects that were missed, its row finds where no object is marked. On the diagonal class and place are right.</p>");
        if (matrix.Background <= MostShown)
        {
            AddMatrix(html, matrix);
        }
        else
        {
            AddList(html, matrix);
        }

        html.Add($"</section>");
        return html.ToMarkup();
    }

    private static void AddRow(HtmlText html, Markup key, string name, int objects, CocoSummary s, OperatingPoint? best)
    {
        html.Add($"<tr><th scope=\"row\">{key}{name}</th><td>{objects:N0}</td>");
        html.Add($"<td class=\"bar\" style=\"--v:{Math.Max(0, s.AP) * 100:0.0}%\">{ReportPage.PerCent(s.AP)}</td>");
        html.Add($"<td class=\"bar\" style=\"--v:{Math.Max(0, s.AP50) * 100:0.0}%\">{ReportPage.PerCent(s.AP50)}</td>");
        html.Add($"<td>{ReportPage.PerCent(s.AP75)}</td><td>{ReportPage.PerCent(s.AR100)}</td>");
        html.Add($"<td>{ReportPage.PerCent(best?.F1 ?? -1)}</td><td>{ReportPage.PerCent(best?.Precision ?? -1)}</td>");
        var score = best is { } b ? b.Score.ToString("0.00", CultureInfo.InvariantCulture) : "–";
        html.Add($"<td>{ReportPage.PerCent(best?.Recall ?? -1)}</td><td>{score}</td></tr>");
    }

    private static void AddMatrix(HtmlText html, ConfusionMatrix matrix)
    {
        html.Add($"<div class=\"scroll\"><table class=\"confusion\"><thead><tr><th scope=\"col\">there \\ found</th>");
        foreach (var name in matrix.Names)
        {
            html.Add($"<th scope=\"col\">{name}</th>");
        }

        html.Add($"</tr></thead><tbody>");
        for (var truth = 0; truth < matrix.Names.Count; truth++)
        {
            html.Add($"<tr><th scope=\"row\">{matrix.Names[truth]}</th>");
            for (var found = 0; found < matrix.Names.Count; found++)
            {
                var isEmpty = truth == matrix.Background && found == matrix.Background;
                var kind = isEmpty ? "none" : truth == found ? "right" : "wrong";
                var count = isEmpty ? "" : matrix[truth, found].ToString(CultureInfo.InvariantCulture);
                html.Add($"<td class=\"{kind}\" style=\"--v:{matrix.Share(truth, found) * 100:0}%\">{count}</td>");
            }

            html.Add($"</tr>");
        }

        html.Add($"</tbody></table></div>");
    }

    private static void AddList(HtmlText html, ConfusionMatrix matrix)
    {
        var pairs =
            from truth in Enumerable.Range(0, matrix.Names.Count)
            from found in Enumerable.Range(0, matrix.Names.Count)
            where truth != found && matrix[truth, found] > 0
            orderby matrix[truth, found] descending, truth, found
            select (truth, found);
        html.Add($"<p>The most frequent ones of {matrix.Background} classes; confusion_matrix.png has all.</p>");
        html.Add($"<div class=\"scroll\"><table class=\"classes\"><thead><tr><th scope=\"col\">there</th><th scope=\"col\">found</th>");
        html.Add($"<th scope=\"col\">times</th><th scope=\"col\">of the row</th></tr></thead><tbody>");
        foreach (var (truth, found) in pairs.Take(MostConfusions))
        {
            html.Add($"<tr><th scope=\"row\">{matrix.Names[truth]}</th><th scope=\"row\">{matrix.Names[found]}</th>");
            html.Add($"<td>{matrix[truth, found]}</td><td>{matrix.Share(truth, found) * 100:0.0} %</td></tr>");
        }

        html.Add($"</tbody></table></div>");
    }
}
