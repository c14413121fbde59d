using Fovea.Files;
using ScottPlot;
using SkiaSharp;

namespace Fovea.App.Reports.Plots;

/// <summary>What all plots share: lines, colours, and how they become a file.</summary>
internal static class PlotPage
{
    private const int MostMarked = 60;

    // The first that there is; a system without fonts draws no letters.
    private static readonly string Sans = Array.Find(
        ["Open Sans", "Segoe UI", "Helvetica Neue", "Arial", "Liberation Sans", "Noto Sans", "DejaVu Sans"],
        name => SKFontManager.Default.FontFamilies.Contains(name)) ?? Fonts.Default;

    /// <summary>Writes panels, two in a row, as a PNG.</summary>
    /// <param name="path">The file; replaced when the new one is complete.</param>
    /// <param name="panels">In the order of reading.</param>
    /// <param name="width">Of a panel, in pixels.</param>
    /// <param name="height">Of a panel, in pixels.</param>
    public static void Save(string path, IReadOnlyList<Plot> panels, int width, int height)
    {
        const int Columns = 2;
        var columns = Math.Min(Columns, panels.Count);
        var rows = (panels.Count + columns - 1) / columns;
        var page = new Multiplot { Layout = new ScottPlot.MultiplotLayouts.Grid(rows, columns) };
        page.RemovePlot(page.GetPlot(0)); // It begins with one of its own.
        foreach (var panel in panels)
        {
            panel.Font.Set(Sans);
            page.AddPlot(panel);
        }

        var image = page.Render(width * columns, height * rows);
        AtomicFile.Write(path, stream => stream.Write(image.GetImageBytes(ScottPlot.ImageFormat.Png)), durable: false);
    }

    /// <summary>A line; points that are no finite numbers are left out, and a line without points is none.</summary>
    public static void AddLine(Plot plot, IEnumerable<(double X, double Y)> points, string name, Color color, bool dashed = false)
    {
        var shown = points.Where(p => double.IsFinite(p.Y)).ToArray();
        if (shown.Length == 0)
        {
            return;
        }

        var line = plot.Add.Scatter(shown.Select(p => p.X).ToArray(), shown.Select(p => p.Y).ToArray(), color);
        line.LegendText = name;
        line.LineWidth = 2;
        line.LinePattern = dashed ? LinePattern.Dashed : LinePattern.Solid;
        line.MarkerSize = shown.Length > MostMarked ? 0 : 4;
    }

    /// <summary>A class's colour, as in pictures.</summary>
    public static Color ColorOf(long channel)
    {
        var (r, g, b) = DetectionDrawing.ColorOf((int)channel);
        return new Color(r, g, b);
    }

    /// <summary>A name that fits beside an axis.</summary>
    public static string Short(string name)
    {
        const int Most = 18;
        return name.Length <= Most ? name : name[..(Most - 1)] + "…";
    }
}
