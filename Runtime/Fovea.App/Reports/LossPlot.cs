using Fovea.Files;
using ScottPlot;

namespace Fovea;

/// <summary>A training run as a picture: losses by epoch, and AP where it was measured.</summary>
public static class LossPlot
{
    /// <summary>Writes the curves as a PNG.</summary>
    /// <param name="path">The file; replaced whole.</param>
    /// <param name="points">One entry for each epoch, in order.</param>
    public static void Save(string path, IReadOnlyList<LossPoint> points)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(points);
        using var plot = new Plot();
        var epochs = points.Select(p => p.Epoch).ToArray();
        AddLine(plot, epochs, points.Select(p => p.Classification).ToArray(), "classification", "#1f77b4");
        AddLine(plot, epochs, points.Select(p => p.Box).ToArray(), "box", "#ff7f0e");
        AddPrecision(plot, points);
        plot.XLabel("epoch");
        plot.YLabel("loss");
        plot.Title("Training");
        plot.ShowLegend(Alignment.UpperRight);
        AtomicFile.Write(path, plot.GetImage(900, 520).GetImageBytes(ImageFormat.Png));
    }

    private static void AddLine(Plot plot, double[] x, double[] y, string name, string color)
    {
        var line = plot.Add.Scatter(x, y, Color.FromHex(color));
        line.LegendText = name;
        line.LineWidth = 2;
        line.MarkerSize = x.Length > 60 ? 0 : 4;
    }

    private static void AddPrecision(Plot plot, IReadOnlyList<LossPoint> points)
    {
        var measured = points.Where(p => p.Ap50 is not null).ToArray();
        if (measured.Length == 0)
        {
            return;
        }

        var line = plot.Add.Scatter(measured.Select(p => p.Epoch).ToArray(), measured.Select(p => p.Ap50!.Value).ToArray(), Color.FromHex("#2ca02c"));
        line.LegendText = "AP50 (right axis)";
        line.LineWidth = 2;
        line.Axes.YAxis = plot.Axes.Right;
        plot.Axes.Right.Label.Text = "AP50";
        plot.Axes.SetLimitsY(0, 1, plot.Axes.Right);
    }
}

/// <summary>An epoch of the loss curve.</summary>
/// <param name="Epoch">1 for the first.</param>
/// <param name="Classification">Mean classification loss.</param>
/// <param name="Box">Mean box loss.</param>
/// <param name="Ap50">AP at IoU 0.5 on the validation set, where it was measured.</param>
public readonly record struct LossPoint(double Epoch, double Classification, double Box, double? Ap50);
