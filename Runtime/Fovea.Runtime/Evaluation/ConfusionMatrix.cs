using System.Globalization;
using System.Text;

namespace Fovea;

/// <summary>
/// Which class was taken for which: rows are what was there, columns what was found. The last row is background, where something was found
/// and nothing was there; the last column is background, where something was there and nothing was found.
/// </summary>
/// <remarks>
/// Matching is that of Ultralytics' ConfusionMatrix, whatever the classes: a detection goes for the object that it overlaps most, an object
/// takes the detection that overlaps it most; of equal overlaps the greater score. The rest of both is background. A detection in a crowd
/// region of its class (intersection over the detection's area) is no false find.
/// Here both thresholds are met by what equals them, as in COCO's evaluation; there values must be greater.
/// </remarks>
public sealed class ConfusionMatrix
{
    private readonly int[] counts;

    /// <param name="classes">The names.</param>
    /// <param name="counts">[K + 1, K + 1], row-major.</param>
    /// <param name="score">Threshold.</param>
    /// <param name="iou">Threshold.</param>
    internal ConfusionMatrix(IEnumerable<string> classes, int[] counts, double score, double iou)
    {
        Names = [.. classes, "background"];
        this.counts = counts;
        (ScoreThreshold, IoUThreshold) = (score, iou);
    }

    /// <summary>Of rows and columns: the K classes in the order of <see cref="CocoResult.Classes"/>, then "background".</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The row and the column of background: K.</summary>
    public int Background => Names.Count - 1;

    /// <summary>Detections with this score or a greater one count.</summary>
    public double ScoreThreshold { get; }

    /// <summary>The least IoU of a detection and its object.</summary>
    public double IoUThreshold { get; }

    /// <summary>Objects of class <paramref name="truth"/> that were found as class <paramref name="predicted"/>.</summary>
    /// <param name="truth">Row, 0 … K; K is background: false finds.</param>
    /// <param name="predicted">Column, 0 … K; K is background: missed objects. [K, K] is 0.</param>
    public int this[int truth, int predicted]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)truth, (uint)Names.Count, nameof(truth));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)predicted, (uint)Names.Count, nameof(predicted));
            return counts[(truth * Names.Count) + predicted];
        }
    }

    /// <summary>The part of a row's objects (of its false finds in the row of background), 0 … 1; 0 where the row is empty.</summary>
    /// <param name="truth">Row.</param>
    /// <param name="predicted">Column.</param>
    public double Share(int truth, int predicted)
    {
        var row = 0;
        for (var column = 0; column < Names.Count; column++)
        {
            row += this[truth, column];
        }

        return row == 0 ? 0 : (double)this[truth, predicted] / row;
    }

    /// <summary>A table: a line for each row, with its name.</summary>
    public override string ToString()
    {
        var width = Math.Max("there \\ found".Length, Names.Max(n => n.Length));
        var columns = Names.Select((n, c) =>
            Math.Max(n.Length, Enumerable.Range(0, Names.Count).Max(r => Number(this[r, c]).Length))).ToArray();
        var text = new StringBuilder("there \\ found".PadRight(width));
        for (var c = 0; c < columns.Length; c++)
        {
            text.Append("  ").Append(Names[c].PadLeft(columns[c]));
        }

        text.Append('\n');
        for (var r = 0; r < Names.Count; r++)
        {
            text.Append(Names[r].PadRight(width));
            for (var c = 0; c < columns.Length; c++)
            {
                text.Append("  ").Append(Number(this[r, c]).PadLeft(columns[c]));
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
