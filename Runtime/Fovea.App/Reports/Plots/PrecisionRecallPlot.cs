using ScottPlot;

namespace Fovea.App.Reports.Plots;

/// <summary><c>PR_curve.png</c>: precision over recall at IoU 0.5, of each class and their mean.</summary>
internal static class PrecisionRecallPlot
{
    private const int Width = 1000;
    private const int Height = 620;
    private const int MostNamed = 24;

    /// <summary>Writes the picture.</summary>
    public static void Save(string path, CocoResult result)
    {
        using var plot = new Plot();
        var shown = Enumerable.Range(0, result.Classes.Count).Where(k => result.Classes[k].Truths > 0).ToArray();
        foreach (var k in shown)
        {
            var c = result.Classes[k];
            var name = shown.Length > MostNamed ? "" : FormattableString.Invariant($"{PlotPage.Short(c.Name)} {c.Summary.AP50:0.000}");
            PlotPage.AddLine(plot, Points(result.PrecisionCurve(k)), name, PlotPage.ColorOf(c.Category));
        }

        var mean = FormattableString.Invariant($"all classes {result.Summary.AP50:0.000}");
        PlotPage.AddLine(plot, Points(result.MeanPrecisionCurve()), mean, Color.FromHex("#1b222c"), dashed: true);
        plot.Title("Precision over recall at IoU 0.50, with AP50");
        plot.XLabel("recall: share of the objects that are found");
        plot.YLabel("precision: share of the finds that are right");
        plot.Axes.SetLimits(0, 1, 0, 1.01);
        plot.ShowLegend(Edge.Right);
        PlotPage.Save(path, [plot], Width, Height);
    }

    private static IEnumerable<(double X, double Y)> Points(double[] curve) =>
        curve.Select((p, i) => (CocoParameters.RecallThresholds[i], p < 0 ? double.NaN : p));
}
