namespace Fovea;

/// <summary>
/// Precision over recall at IoU 0.5, of one class or of all together: a point for each score that occurs, as counted, without the envelope
/// that average precision takes. It comes from COCO's matching: best detection first, a hundred of each image and class, crowd regions
/// ignored.
/// </summary>
public sealed class PrecisionRecallCurve
{
    private readonly OperatingPoint[] points;

    /// <param name="name">Of the class.</param>
    /// <param name="truths">Objects that are to be found.</param>
    /// <param name="scores">Of the detections that count, falling.</param>
    /// <param name="right">Whether each finds an object.</param>
    internal PrecisionRecallCurve(string name, int truths, ReadOnlySpan<double> scores, ReadOnlySpan<bool> right)
    {
        (Name, Truths) = (name, truths);
        points = PointsOf(scores, right, truths);
        foreach (var point in points)
        {
            // The first of equal ones: that with the greatest score.
            if (point.F1 > (Best?.F1 ?? 0))
            {
                Best = point;
            }
        }
    }

    /// <summary>The class, or "all classes".</summary>
    public string Name { get; }

    /// <summary>Objects that are to be found.</summary>
    public int Truths { get; }

    /// <summary>A point for each score that occurs: scores fall, recall does not.</summary>
    public IReadOnlyList<OperatingPoint> Points => points;

    /// <summary>
    /// The point of greatest F1, whose score is the threshold to detect with; of equal ones that with the greatest score. Null where no
    /// object is found.
    /// </summary>
    public OperatingPoint? Best { get; }

    /// <summary>The point at a threshold: detections with this score or a greater one count.</summary>
    public OperatingPoint At(double score)
    {
        var (low, high) = (0, points.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = points[middle].Score >= score ? (middle + 1, high) : (low, middle);
        }

        return low == 0 ? new OperatingPoint(score, 0, 0, Truths) : points[low - 1] with { Score = score };
    }

    /// <summary>One threshold cannot part detections of equal score.</summary>
    private static OperatingPoint[] PointsOf(ReadOnlySpan<double> scores, ReadOnlySpan<bool> right, int truths)
    {
        var points = new List<OperatingPoint>();
        var found = 0;
        for (var i = 0; i < scores.Length; i++)
        {
            found += right[i] ? 1 : 0;
            if (i + 1 == scores.Length || scores[i + 1] != scores[i])
            {
                points.Add(new OperatingPoint(scores[i], found, i + 1 - found, truths));
            }
        }

        return [.. points];
    }
}
