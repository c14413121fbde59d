using ScottPlot;

namespace Fovea.App.Reports.Plots;

/// <summary><c>labels.png</c>: objects of each class, sizes of the boxes on the canvas, their places and their shapes.</summary>
internal static class LabelsPlot
{
    private const int Width = 560;
    private const int Height = 420;
    private const int MostClasses = 40;
    private const int Cells = 40;

    /// <summary>Writes the picture.</summary>
    public static void Save<TClass>(string path, ModelDescription model, DetectionDataset<TClass> dataset)
        where TClass : struct, Enum
    {
        var fitter = CanvasFitter.For(model);
        var sizes = new List<double>();
        double[,] places = new double[Cells, Cells], shapes = new double[Cells, Cells];
        for (var i = 0; i < dataset.Count; i++)
        {
            var item = dataset[i];
            var placement = fitter.Place(item.Width, item.Height);
            foreach (var o in item.Objects.Where(o => !o.IsCrowd))
            {
                sizes.Add(Math.Sqrt(placement.ToCanvas(o.Box).Area));
                Count(places, (o.Box.X1 + o.Box.X2) / 2 / item.Width, (o.Box.Y1 + o.Box.Y2) / 2 / item.Height);
                Count(shapes, o.Box.Width / item.Width, 1 - (o.Box.Height / item.Height));
            }
        }

        using Plot classes = Classes(dataset.Report), size = Sizes(sizes), place = Heat("Where boxes have their centre", places),
            shape = Heat("Width and height of boxes, as shares of the picture", shapes);
        PlotPage.Save(path, [classes, size, place, shape], Width, Height);
    }

    /// <param name="grid">Rows from the top down.</param>
    /// <param name="x">0 … 1.</param>
    /// <param name="y">0 … 1, downwards.</param>
    private static void Count(double[,] grid, double x, double y) =>
        grid[Math.Clamp((int)(y * Cells), 0, Cells - 1), Math.Clamp((int)(x * Cells), 0, Cells - 1)]++;

    private static Plot Classes(DatasetReport report)
    {
        var plot = new Plot();
        var shown = report.ObjectsPerClass.ToArray();
        var most = shown.Length > MostClasses ? [.. shown.OrderByDescending(c => c.Objects).Take(MostClasses)] : shown;
        for (var i = 0; i < most.Length; i++)
        {
            var bar = plot.Add.Bar(i, most[i].Objects);
            bar.Color = Color.FromHex("#0c6b70");
        }

        plot.Axes.Bottom.SetTicks(
            [.. Enumerable.Range(0, most.Length).Select(i => (double)i)], [.. most.Select(c => PlotPage.Short(c.Class))]);
        if (most.Length > 5)
        {
            plot.Axes.Bottom.TickLabelStyle.Rotation = 60;
            plot.Axes.Bottom.TickLabelStyle.Alignment = Alignment.MiddleLeft;
            plot.Axes.Bottom.MinimumSize = 110;
        }

        plot.Axes.SetLimits(-0.7, most.Length - 0.3, 0, Room(most.Select(c => c.Objects)));
        plot.Title(most.Length < shown.Length
            ? FormattableString.Invariant($"Objects of the {most.Length} most frequent of {shown.Length} classes") : "Objects of each class");
        return plot;
    }

    /// <summary>A histogram by octaves, as pyramid levels take them.</summary>
    private static Plot Sizes(List<double> sizes)
    {
        var plot = new Plot();
        var bins = sizes.Where(s => s > 0).GroupBy(s => (int)Math.Floor(Math.Log2(s) * 2)).ToDictionary(g => g.Key, g => g.Count());
        foreach (var (bin, count) in bins)
        {
            var bar = plot.Add.Bar(bin, count);
            bar.Color = Color.FromHex("#c2571a");
        }

        if (bins.Count > 0)
        {
            var marks = Enumerable.Range(bins.Keys.Min(), bins.Keys.Max() - bins.Keys.Min() + 2).Where(b => b % 2 == 0).ToArray();
            plot.Axes.Bottom.SetTicks(
                [.. marks.Select(b => b - 0.5)], [.. marks.Select(b => FormattableString.Invariant($"{Math.Pow(2, b / 2.0):0.#}"))]);
            plot.Axes.SetLimits(bins.Keys.Min() - 0.7, bins.Keys.Max() + 0.7, 0, Room(bins.Values));
        }

        plot.Title("Sizes on the canvas: root of the area");
        plot.XLabel("pixels");
        return plot;
    }

    /// <summary>The height of an axis over bars.</summary>
    private static double Room(IEnumerable<int> counts) => 1.1 * Math.Max(1, counts.DefaultIfEmpty().Max());

    private static Plot Heat(string title, double[,] grid)
    {
        var plot = new Plot();
        var heat = plot.Add.Heatmap(grid);
        heat.Colormap = new ScottPlot.Colormaps.Blues().Reversed();
        heat.Rectangle = new CoordinateRect(0, 1, 0, 1);
        plot.Axes.SetLimits(0, 1, 0, 1);
        plot.Title(title);
        return plot;
    }
}
