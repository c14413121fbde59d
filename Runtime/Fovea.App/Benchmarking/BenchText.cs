using System.Globalization;
using System.Text;

namespace Fovea.App.Benchmarking;

/// <summary>Measurements for a person to read.</summary>
internal static class BenchText
{
    /// <summary>All of them.</summary>
    public static string Write(BenchResult result)
    {
        var text = new StringBuilder();
        Line(text, $"{result.Model}: {result.Backbone}, on {result.Device}, {result.Processors} processors");
        Table(text, "detection", "of a call", result.Detection);
        if (result.Training.Count > 0)
        {
            Table(text, "training", "of a step", result.Training);
        }

        text.AppendLine();
        var trained = result.Training.Count > 0 ? FormattableString.Invariant($", {Mebi(result.PeakBytes)} MiB with training") : "";
        Line(text, $"memory of the process at its height: {Mebi(result.PeakBytesDetection)} MiB with detection{trained}");
        return text.ToString();
    }

    private static void Table(StringBuilder text, string what, string unit, IReadOnlyList<BenchRow> rows)
    {
        text.AppendLine();
        Line(text, $"{what,-10}{"canvas",11}{"batch",7}{"ms " + unit,14}{"90 %",10}{"images/s",10}{"GFLOP/s",10}{"runs",7}");
        foreach (var r in rows)
        {
            var canvas = FormattableString.Invariant($"{r.Width}×{r.Height}");
            var times = FormattableString.Invariant($"{r.MedianMilliseconds,14:0.00}{r.P90Milliseconds,10:0.00}");
            Line(text, $"{"",-10}{canvas,11}{r.Batch,7}{times}{r.ImagesPerSecond,10:0.0}{r.GigaFlopsPerSecond,10:0.0}{r.Runs,7}");
        }
    }

    private static long Mebi(long bytes) => bytes >> 20;

    private static void Line(StringBuilder text, FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
}
