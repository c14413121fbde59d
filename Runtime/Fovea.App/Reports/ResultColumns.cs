using System.Globalization;
using System.Text;
using Fovea.Files;

namespace Fovea.App.Reports;

/// <summary>
/// What is kept of each epoch: the columns of <c>results.csv</c>, and with the same names TensorBoard's tags. They are the same for all
/// epochs of a model; what was not measured is empty.
/// </summary>
internal sealed class ResultColumns
{
    private const double MiB = 1 << 20;
    private readonly List<(string Name, Func<EpochRecord, double?> Value)> columns =
    [
        ("train/cls_loss", e => e.Classification),
        ("train/box_loss", e => e.Box),
        ("val/cls_loss", e => e.ValidationClassification),
        ("val/box_loss", e => e.ValidationBox),
        ("metrics/AP", e => e.Ap),
        ("metrics/AP50", e => e.Ap50),
    ];

    /// <param name="classes">Names of the classes, in the order of the channels.</param>
    public ResultColumns(IEnumerable<string> classes)
    {
        foreach (var name in classes)
        {
            columns.Add(($"AP/{name}", e => e.ClassAps.FirstOrDefault(c => c.Class == name).Ap));
        }

        columns.Add(("lr", e => e.LearningRate));
        columns.Add(("gradient_norm", e => e.GradientNorm));
        columns.Add(("seconds", e => e.Seconds));
        columns.Add(("images_per_second", e => e.Images > 0 ? e.ImagesPerSecond : null));
        columns.Add(("peak_memory_mib", e => e.PeakMemory > 0 ? e.PeakMemory / MiB : null));
    }

    /// <summary>An epoch's numbers, those that were measured.</summary>
    public IEnumerable<(string Name, double Value)> Scalars(EpochRecord epoch)
    {
        foreach (var (name, value) in columns)
        {
            if (value(epoch) is { } number)
            {
                yield return (name, number);
            }
        }
    }

    /// <summary>Writes <c>results.csv</c>; the old file is replaced when the new one is complete.</summary>
    public void WriteCsv(string path, IEnumerable<EpochRecord> epochs)
    {
        var text = new StringBuilder("epoch");
        foreach (var (name, _) in columns)
        {
            text.Append(',').Append(Quote(name));
        }

        text.Append('\n');
        foreach (var epoch in epochs)
        {
            text.Append(CultureInfo.InvariantCulture, $"{epoch.Epoch}");
            foreach (var (_, value) in columns)
            {
                text.Append(',').Append(value(epoch)?.ToString("R", CultureInfo.InvariantCulture));
            }

            text.Append('\n');
        }

        AtomicFile.Write(path, Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>RFC 4180: a name with a comma, a quote or a line's end stands in quotes.</summary>
    private static string Quote(string name) =>
        name.AsSpan().ContainsAny(",\"\r\n") ? $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : name;
}
