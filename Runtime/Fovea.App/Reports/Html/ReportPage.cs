using System.Globalization;

namespace Fovea.App.Reports.Html;

/// <summary>
/// <c>report.html</c>: one file that needs nothing else, for the screen in light and dark and for paper. It has no scripts, and loads
/// nothing.
/// </summary>
internal static class ReportPage
{
    private static readonly Markup Style = new(ReadStyle());

    /// <summary>The page.</summary>
    public static string Write(ReportData data)
    {
        var html = new HtmlText();
        html.Add($"<!doctype html>");
        html.Add($"<html lang=\"en\">");
        html.Add($"<head>");
        html.Add($"<meta charset=\"utf-8\">");
        html.Add($"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        html.Add($"<meta name=\"color-scheme\" content=\"light dark\">");
        html.Add($"<link rel=\"icon\" href=\"data:,\">");
        html.Add($"<title>{data.Model}: training report</title>");
        html.Add($"<style>\n{Style}</style>");
        html.Add($"</head>");
        html.Add($"<body>");
        AddHead(html, data);
        html.Add($"<main>");
        AddCourse(html, data.Epochs);
        html.Add(ClassTables.Classes(data.Result));
        AddCurves(html, data.Result);
        html.Add(ClassTables.Confusion(data.Result));
        AddWorst(html, data);
        AddWarnings(html, data.Warnings);
        AddFacts(html, data);
        AddNext(html, data);
        html.Add($"</main>");
        html.Add($"<footer>{data.MadeBy}</footer>");
        html.Add($"</body>");
        html.Add($"</html>");
        return html.ToMarkup().Text;
    }

    private static void AddHead(HtmlText html, ReportData data)
    {
        var s = data.Result.Summary;
        html.Add($"<header>");
        html.Add($"<p class=\"kicker\">Training report</p>");
        html.Add($"<h1>{data.Model}</h1>");
        html.Add($"<p class=\"lead\" id=\"outcome\">{Outcome.Sentence(data)}</p>");
        if (data.Caution is { } caution)
        {
            html.Add($"<p class=\"caution\">{caution}</p>");
        }

        html.Add($"<dl class=\"tiles\">");
        AddTile(html, "ap", "AP", PerCent(s.AP), "mean over IoU 0.50 to 0.95");
        AddTile(html, "ap50", "AP50", PerCent(s.AP50), "at IoU 0.50");
        AddTile(html, "ap75", "AP75", PerCent(s.AP75), "at IoU 0.75");
        AddTile(html, "ar100", "AR100", PerCent(s.AR100), "objects found, mean over IoU");
        if (data.Result.PooledCurve.Best is { } best)
        {
            AddTile(html, "f1", "Best F1", PerCent(best.F1), Text($"at a score of {best.Score:0.00}"));
        }

        var since = data.IsResumed ? ", time since it was resumed" : "";
        AddTile(html, "time", "Time", Outcome.Duration(data.Time.Elapsed), Text($"{data.Epochs.Count} epochs{since}"));
        html.Add($"</dl>");
        html.Add($"</header>");
    }

    private static void AddTile(HtmlText html, string id, string name, string value, string note) =>
        html.Add($"<div><dt>{name}</dt><dd id=\"{id}\">{value}</dd><dd class=\"note\">{note}</dd></div>");

    private static void AddCourse(HtmlText html, IReadOnlyList<EpochRecord> epochs)
    {
        ChartLine Line(string name, string color, Func<EpochRecord, double?> value, bool dashed = false) =>
            new(name, color, [.. epochs.Where(e => value(e) is not null).Select(e => ((double)e.Epoch, value(e)!.Value))], dashed);

        var range = (1.0, (double)epochs.Select(e => e.Epoch).DefaultIfEmpty(1).Max());
        html.Add($"<section><h2>Course</h2>");
        html.Add($"<div class=\"charts\">");
        html.Add(new Chart(
            "Loss", "epoch",
            [
                Line("classification, training", "var(--s1)", e => e.Classification),
                Line("boxes, training", "var(--s2)", e => e.Box),
                Line("classification, validation", "var(--s1)", e => e.ValidationClassification, dashed: true),
                Line("boxes, validation", "var(--s2)", e => e.ValidationBox, dashed: true),
            ])
        {
            XRange = range,
        }.ToMarkup());
        html.Add(new Chart(
            "AP on the validation set", "epoch", [Line("AP", "var(--s3)", e => e.Ap), Line("AP50", "var(--s4)", e => e.Ap50)])
        {
            XRange = range,
            Y = (0, 1),
        }.ToMarkup());
        html.Add(new Chart("Learning rate, last of each epoch", "epoch", [Line("learning rate", "var(--s5)", e => e.LearningRate)])
        {
            XRange = range,
        }.ToMarkup());
        html.Add($"</div></section>");
    }

    private static void AddCurves(HtmlText html, CocoResult result)
    {
        const int MostLines = 10;
        ChartLine Line(string name, string color, double[] curve, bool dashed = false) =>
            new(name, color, [.. curve.Select((p, i) => (CocoParameters.RecallThresholds[i], p < 0 ? double.NaN : p))], dashed);

        var shown = Enumerable.Range(0, result.Classes.Count)
            .Where(k => result.Classes[k].Truths > 0).OrderByDescending(k => result.Classes[k].Truths).Take(MostLines).Order().ToArray();
        html.Add($"<section><h2>Precision and recall</h2>");
        html.Add($"<p>At IoU 0.50. Precision is the share of finds that are right, recall the share of objects that are found; along a curve ");
        html.Add($"the score from which finds count falls. A curve that stays high until far to the right is a good one, and the area under ");
        html.Add($"it is AP50.");
        if (shown.Length < result.Classes.Count(c => c.Truths > 0))
        {
            html.Add($"Of {result.Classes.Count} classes the {shown.Length} with most objects are drawn; PR_curve.png has all.");
        }

        html.Add($"</p><div class=\"charts wide\">");
        html.Add(new Chart(
            "Precision over recall", "recall",
            [
                .. shown.Select(k => Line(
                    result.Classes[k].Name, ClassTables.ColorOf(result.Classes[k].Category), result.PrecisionCurve(k))),
                .. shown.Length > 1 ? new[] { Line("mean of all classes", "var(--ink)", result.MeanPrecisionCurve(), dashed: true) } : [],
            ])
        { Y = (0, 1), XRange = (0, 1), WholeX = false, Size = (420, 290) }.ToMarkup());
        html.Add($"</div></section>");
    }

    private static void AddWorst(HtmlText html, ReportData data)
    {
        html.Add($"<section><h2>Worst pictures</h2>");
        if (data.Worst.Count == 0)
        {
            html.Add($"<p>No picture has a missed object or a false find.</p></section>");
            return;
        }

        var from = data.Result.PooledCurve.Best is { } best ? Text($" with a score of {best.Score:0.00} or more, where F1 is best") : "";
        html.Add($"<p>The pictures with most missed objects and false finds. Broken outlines are what a person marked, whole ones what was ");
        html.Add($"found{from}; ");
        html.Add($"a double outline is a mistake: on the left a missed object, on the right a false find. ");
        html.Add($"A label that would hide something is left out; its colour tells the class. Often it is the mark that is wrong.</p>");
        html.Add($"<ul class=\"keys\">");
        foreach (var c in data.Result.Classes)
        {
            html.Add($"<li><span class=\"swatch\" style=\"--c:{ClassTables.PureColorOf(c.Category)}\"></span>{c.Name}</li>");
        }

        html.Add($"</ul>");
        foreach (var w in data.Worst)
        {
            html.Add($"<figure class=\"pair\"><figcaption><b>{w.Name}</b> {w.Missed} missed, {w.False} false</figcaption><div>");
            html.Add($"<img alt=\"{w.Name} as marked\" width=\"{w.Width}\" height=\"{w.Height}\" src=\"{Data(w.Marked)}\">");
            html.Add($"<img alt=\"{w.Name} as found\" width=\"{w.Width}\" height=\"{w.Height}\" src=\"{Data(w.Found)}\">");
            html.Add($"</div></figure>");
        }

        html.Add($"</section>");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Data(byte[] jpeg) => "data:image/jpeg;base64," + Convert.ToBase64String(jpeg);

    private static void AddWarnings(HtmlText html, IReadOnlyList<string> warnings)
    {
        html.Add($"<section><h2>The data</h2>");
        if (warnings.Count == 0)
        {
            html.Add($"<p>The check of annotations and sizes has nothing to say. The command <code>data</code> reads every picture, too.</p>");
            html.Add($"</section>");
            return;
        }

        html.Add($"<ul class=\"warnings\">");
        foreach (var warning in warnings)
        {
            html.Add($"<li>{warning}</li>");
        }

        html.Add($"</ul></section>");
    }

    private static void AddFacts(HtmlText html, ReportData data)
    {
        html.Add($"<section><h2>What was trained</h2><div class=\"facts\">");
        foreach (var (group, facts) in data.Facts)
        {
            html.Add($"<div><h3>{group}</h3><dl>");
            foreach (var (name, value) in facts)
            {
                html.Add($"<dt>{name}</dt><dd>{value}</dd>");
            }

            html.Add($"</dl></div>");
        }

        html.Add($"</div></section>");
    }

    private static void AddNext(HtmlText html, ReportData data)
    {
        html.Add($"<section><h2>How to go on</h2>");
        foreach (var (what, line) in data.Next)
        {
            html.Add($"<p class=\"step\">{what}</p><pre><code>{line}</code></pre>");
        }

        html.Add($"<h3>Files of this run</h3><div class=\"scroll\"><table class=\"files\"><tbody>");
        foreach (var (file, what) in data.Files)
        {
            html.Add($"<tr><th scope=\"row\"><code>{file}</code></th><td>{what}</td></tr>");
        }

        html.Add($"</tbody></table></div></section>");
    }

    /// <summary>A share as points of a hundred, the way COCO's tables have it.</summary>
    internal static string PerCent(double share) => share < 0 ? "–" : (share * 100).ToString("0.0", CultureInfo.InvariantCulture);

    private static string ReadStyle()
    {
        using var stream = typeof(ReportPage).Assembly.GetManifestResourceStream("report.css")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
