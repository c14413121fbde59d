using System.Globalization;
using System.Text;

namespace Fovea.Evaluation;

/// <summary>Results as text, invariant culture.</summary>
internal static class CocoText
{
    private static readonly (string Title, string Kind, string IoU, string Area, int Maximum)[] Lines =
    [
        ("Average Precision", "(AP)", "0.50:0.95", "all", 100),
        ("Average Precision", "(AP)", "0.50", "all", 100),
        ("Average Precision", "(AP)", "0.75", "all", 100),
        ("Average Precision", "(AP)", "0.50:0.95", "small", 100),
        ("Average Precision", "(AP)", "0.50:0.95", "medium", 100),
        ("Average Precision", "(AP)", "0.50:0.95", "large", 100),
        ("Average Recall", "(AR)", "0.50:0.95", "all", 1),
        ("Average Recall", "(AR)", "0.50:0.95", "all", 10),
        ("Average Recall", "(AR)", "0.50:0.95", "all", 100),
        ("Average Recall", "(AR)", "0.50:0.95", "small", 100),
        ("Average Recall", "(AR)", "0.50:0.95", "medium", 100),
        ("Average Recall", "(AR)", "0.50:0.95", "large", 100),
    ];

    /// <summary>pycocotools' twelve lines, to the character.</summary>
    public static string Summary(CocoSummary summary)
    {
        var values = summary.ToArray();
        return string.Join('\n', Lines.Select((l, i) => string.Create(
            CultureInfo.InvariantCulture,
            $" {l.Title,-18} {l.Kind} @[ IoU={l.IoU,-9} | area={l.Area,6} | maxDets={l.Maximum,3} ] = {ThreeDecimals(values[i])}")));
    }

    /// <summary>
    /// COCO's numbers, one row for all classes and one for each, in per cent; then VOC's and the best F1. "–" where there is no ground
    /// truth.
    /// </summary>
    public static string Table(CocoResult result)
    {
        var width = Math.Max(11, result.Classes.Count == 0 ? 0 : result.Classes.Max(c => c.Name.Length));
        var text = new StringBuilder();
        Head(text, width, "AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl", "objects", "detections");
        Row(text, "all classes", width, result.Summary, result.Classes.Sum(c => c.Truths), result.Classes.Sum(c => c.Detections));
        foreach (var c in result.Classes)
        {
            Row(text, c.Name, width, c.Summary, c.Truths, c.Detections);
        }

        text.Append('\n');
        Head(text, width, "VOC07", "VOC10", "F1", "precision", "recall", "at score");

        // Programs find the row above by its name.
        Row(text, "overall", width, result.Voc.AP2007, result.Voc.AP2010, result.PooledCurve);
        for (var k = 0; k < result.Classes.Count; k++)
        {
            Row(text, result.Classes[k].Name, width, result.Voc.Classes[k].AP2007, result.Voc.Classes[k].AP2010, result.Curves[k]);
        }

        return text.ToString();
    }

    private static void Head(StringBuilder text, int width, params ReadOnlySpan<string> columns)
    {
        text.Append("class".PadRight(width));
        foreach (var column in columns)
        {
            text.Append("  ").Append(column.PadLeft(Math.Max(5, column.Length)));
        }

        text.Append('\n');
    }

    private static void Row(StringBuilder text, string name, int width, CocoSummary s, int truths, int detections)
    {
        text.Append(name.PadRight(width));
        foreach (var value in s.ToArray())
        {
            text.Append("  ").Append(PerCent(value).PadLeft(5));
        }

        text.Append(CultureInfo.InvariantCulture, $"  {truths,7}  {detections,10}\n");
    }

    private static void Row(StringBuilder text, string name, int width, double voc2007, double voc2010, PrecisionRecallCurve curve)
    {
        text.Append(CultureInfo.InvariantCulture, $"{name.PadRight(width)}  {PerCent(voc2007),5}  {PerCent(voc2010),5}");
        if (curve.Best is { } best)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {PerCent(best.F1),5}  {PerCent(best.Precision),9}  {PerCent(best.Recall),6}");
            text.Append(CultureInfo.InvariantCulture, $"  {best.Score,8:0.000}\n");
        }
        else
        {
            text.Append(CultureInfo.InvariantCulture, $"  {"–",5}  {"–",9}  {"–",6}  {"–",8}\n");
        }
    }

    private static string PerCent(double value) => value < 0 ? "–" : (value * 100).ToString("0.0", CultureInfo.InvariantCulture);

    /// <summary>As Python rounds: what lies exactly between goes to the even digit, and with three decimals only sixteenths do.</summary>
    private static string ThreeDecimals(double value)
    {
        var isSixteenth = value * 16 == Math.Floor(value * 16);
        var rounded = isSixteenth ? Math.Round(value * 1000, MidpointRounding.ToEven) / 1000 : value;
        return rounded.ToString("0.000", CultureInfo.InvariantCulture);
    }
}
