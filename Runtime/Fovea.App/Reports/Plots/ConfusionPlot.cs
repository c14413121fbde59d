using System.Globalization;
using ScottPlot;

namespace Fovea.App.Reports.Plots;

/// <summary><c>confusion_matrix.png</c>: which class was taken for which, each row in parts of its objects.</summary>
internal static class ConfusionPlot
{
    private const int MostNumbers = 26;
    private const int Cell = 46;
    private const int Margins = 300;
    private const int Largest = 1800;
    private const double Dark = 0.55;

    /// <summary>Writes the picture.</summary>
    public static void Save(string path, ConfusionMatrix matrix)
    {
        var count = matrix.Names.Count;
        var shares = new double[count, count];
        for (var truth = 0; truth < count; truth++)
        {
            for (var found = 0; found < count; found++)
            {
                shares[truth, found] = matrix.Share(truth, found);
            }
        }

        using var plot = new Plot();
        var heat = plot.Add.Heatmap(shares);
        heat.Colormap = new ScottPlot.Colormaps.Blues().Reversed();
        heat.ManualRange = new ScottPlot.Range(0, 1);
        AddNumbers(plot, matrix);
        var names = matrix.Names.Select(PlotPage.Short).ToArray();
        var places = Enumerable.Range(0, count).Select(i => (double)i).ToArray();
        plot.Axes.Bottom.SetTicks(places, names);
        plot.Axes.Left.SetTicks(places, [.. names.Reverse()]);
        plot.Axes.Bottom.TickLabelStyle.Rotation = 60;
        plot.Axes.Bottom.TickLabelStyle.Alignment = Alignment.MiddleLeft;
        plot.Axes.Bottom.MinimumSize = 110;
        plot.Axes.Left.MinimumSize = 130;
        plot.HideGrid();
        plot.Axes.SetLimits(-0.5, count - 0.5, -0.5, count - 0.5);
        plot.Title(FormattableString.Invariant(
            $"Found from score {matrix.ScoreThreshold:0.00} and IoU {matrix.IoUThreshold:0.00} on; shares of each row"));
        plot.YLabel("there (background: a false find)");
        plot.XLabel("found (background: a missed object)");
        var side = Math.Min(Largest, Margins + (Cell * Math.Max(6, count)));
        PlotPage.Save(path, [plot], side + 80, side);
    }

    private static void AddNumbers(Plot plot, ConfusionMatrix matrix)
    {
        var count = matrix.Names.Count;
        if (count > MostNumbers)
        {
            return;
        }

        for (var truth = 0; truth < count; truth++)
        {
            for (var found = 0; found < count; found++)
            {
                if (matrix[truth, found] == 0)
                {
                    continue;
                }

                // Rows run from the top down.
                var text = plot.Add.Text(matrix[truth, found].ToString(CultureInfo.InvariantCulture), found, count - 1 - truth);
                text.LabelAlignment = Alignment.MiddleCenter;
                text.LabelFontColor = matrix.Share(truth, found) > Dark ? Colors.White : Colors.Black;
            }
        }
    }
}
