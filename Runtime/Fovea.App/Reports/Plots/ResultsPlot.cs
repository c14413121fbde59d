using ScottPlot;

namespace Fovea.App.Reports.Plots;

/// <summary><c>results.png</c>: a training's course, losses, AP, learning rate and speed by epoch.</summary>
internal static class ResultsPlot
{
    private const int Width = 560;
    private const int Height = 380;

    /// <summary>Writes the picture.</summary>
    public static void Save(string path, IReadOnlyList<EpochRecord> epochs)
    {
        using Plot losses = Panel("Loss"), precision = Panel("AP on the validation set");
        using Plot rate = Panel("Learning rate"), speed = Panel("Images a second");
        Add(losses, epochs, e => e.Classification, "classification, training", "#0c6b70");
        Add(losses, epochs, e => e.Box, "boxes, training", "#c2571a");
        Add(losses, epochs, e => e.ValidationClassification, "classification, validation", "#0c6b70", dashed: true);
        Add(losses, epochs, e => e.ValidationBox, "boxes, validation", "#c2571a", dashed: true);
        Add(precision, epochs, e => e.Ap, "AP", "#3d5aa8");
        Add(precision, epochs, e => e.Ap50, "AP50", "#9a3f8c");
        precision.Axes.SetLimitsY(0, 1);
        Add(rate, epochs, e => e.LearningRate, "learning rate", "#5f6b2f");
        Add(speed, epochs, e => e.Images > 0 ? e.ImagesPerSecond : null, "images a second", "#5a6472");
        rate.HideLegend();
        speed.HideLegend();
        foreach (var panel in new[] { losses, precision, rate, speed })
        {
            panel.Axes.SetLimitsX(epochs.Count > 0 ? epochs[0].Epoch - 0.5 : 0, epochs.Count > 0 ? epochs[^1].Epoch + 0.5 : 1);
            panel.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { IntegerTicksOnly = true };
        }

        losses.ShowLegend(Alignment.UpperRight);
        precision.ShowLegend(Alignment.UpperLeft);
        PlotPage.Save(path, [losses, precision, rate, speed], Width, Height);
    }

    private static Plot Panel(string title)
    {
        var plot = new Plot();
        plot.Title(title);
        plot.XLabel("epoch");
        return plot;
    }

    private static void Add(
        Plot plot, IReadOnlyList<EpochRecord> epochs, Func<EpochRecord, double?> value, string name, string color, bool dashed = false) =>
        PlotPage.AddLine(
            plot, epochs.Where(e => value(e) is not null).Select(e => ((double)e.Epoch, value(e)!.Value)), name, Color.FromHex(color),
            dashed);
}
