using Fovea.Evaluation;

namespace Fovea;

/// <summary>
/// The result of an evaluation: COCO's twelve numbers, the same for each class, and the arrays they come from. Axes: T IoU thresholds, R
/// recall thresholds, K classes in
/// ascending order of their ids, A area ranges, M maximum detections (<see cref="CocoParameters"/>). −1 stands where a class has no ground
/// truth.
/// </summary>
public sealed class CocoResult
{
    private static readonly int T = CocoParameters.IoUThresholds.Count;
    private static readonly int R = CocoParameters.RecallThresholds.Count;
    private static readonly int A = CocoParameters.AreaRanges.Count;
    private static readonly int M = CocoParameters.MaxDetections.Count;
    private readonly double[] precision;
    private readonly double[] recall;
    private readonly double[] scores;
    private readonly int classCount;

    internal CocoResult(int classes, int images)
    {
        classCount = classes;
        Images = images;
        precision = Absent(T * R * classes * A * M);
        recall = Absent(T * classes * A * M);
        scores = Absent(T * R * classes * A * M);
        Classes = [];
        Summary = new(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    }

    /// <summary>The twelve numbers.</summary>
    public CocoSummary Summary { get; private set; }

    /// <summary>Each class, in ascending order of ids.</summary>
    public IReadOnlyList<CocoClassResult> Classes { get; private set; }

    /// <summary>Images that were evaluated.</summary>
    public int Images { get; }

    /// <summary>Precision <c>[T, R, K, A, M]</c>, row-major.</summary>
    public ReadOnlySpan<double> Precision => precision;

    /// <summary>Recall <c>[T, K, A, M]</c>, row-major.</summary>
    public ReadOnlySpan<double> Recall => recall;

    /// <summary>The score at which each recall is reached <c>[T, R, K, A, M]</c>, row-major.</summary>
    public ReadOnlySpan<double> Scores => scores;

    /// <summary>Precision over recall 0, 0.01 … 1 of one class (position in <see cref="Classes"/>), all areas, 100 detections.</summary>
    /// <param name="classIndex">Position in <see cref="Classes"/>.</param>
    /// <param name="iouIndex">Position in <see cref="CocoParameters.IoUThresholds"/>; 0 is IoU 0.5.</param>
    public double[] PrecisionCurve(int classIndex, int iouIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)classIndex, (uint)classCount, nameof(classIndex));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)iouIndex, (uint)T, nameof(iouIndex));
        var curve = new double[R];
        for (var r = 0; r < R; r++)
        {
            curve[r] = precision[PrecisionIndex(iouIndex, r, classIndex, 0, M - 1)];
        }

        return curve;
    }

    /// <summary>The twelve lines that pycocotools prints.</summary>
    public string ToPycocotoolsText() => CocoText.Summary(Summary);

    /// <summary>A table: all classes together, then each one.</summary>
    public override string ToString() => CocoText.Table(this);

    internal void SetPrecision(int t, int r, int k, int a, int m, double value, double score)
    {
        var at = PrecisionIndex(t, r, k, a, m);
        precision[at] = value;
        scores[at] = score;
    }

    internal void SetRecall(int t, int k, int a, int m, double value) => recall[RecallIndex(t, k, a, m)] = value;

    /// <summary>Takes the means once all classes are filled.</summary>
    internal void Finish(IReadOnlyList<(long Id, string Name, int Truths, int Detections)> classes)
    {
        Summary = Summarize(0, classCount);
        Classes = [.. classes.Select((c, k) => new CocoClassResult(c.Id, c.Name, Summarize(k, k + 1), c.Truths, c.Detections))];
    }

    private static double[] Absent(int length)
    {
        var values = new double[length];
        Array.Fill(values, -1);
        return values;
    }

    /// <summary>pycocotools' summarize, over classes from … to − 1.</summary>
    private CocoSummary Summarize(int from, int to) => new(
        MeanPrecision(from, to, 0, T, 0), MeanPrecision(from, to, 0, 1, 0), MeanPrecision(from, to, 5, 6, 0),
        MeanPrecision(from, to, 0, T, 1), MeanPrecision(from, to, 0, T, 2), MeanPrecision(from, to, 0, T, 3),
        MeanRecall(from, to, 0, 0), MeanRecall(from, to, 0, 1), MeanRecall(from, to, 0, 2),
        MeanRecall(from, to, 1, 2), MeanRecall(from, to, 2, 2), MeanRecall(from, to, 3, 2));

    private double MeanPrecision(int from, int to, int firstThreshold, int endThreshold, int area)
    {
        var mean = default(Mean);
        for (var t = firstThreshold; t < endThreshold; t++)
        {
            for (var r = 0; r < R; r++)
            {
                for (var k = from; k < to; k++)
                {
                    mean.Add(precision[PrecisionIndex(t, r, k, area, M - 1)]);
                }
            }
        }

        return mean.Value;
    }

    private double MeanRecall(int from, int to, int area, int maximum)
    {
        var mean = default(Mean);
        for (var t = 0; t < T; t++)
        {
            for (var k = from; k < to; k++)
            {
                mean.Add(recall[RecallIndex(t, k, area, maximum)]);
            }
        }

        return mean.Value;
    }

    private int PrecisionIndex(int t, int r, int k, int a, int m) => (((t * R + r) * classCount + k) * A + a) * M + m;

    private int RecallIndex(int t, int k, int a, int m) => ((t * classCount + k) * A + a) * M + m;

    /// <summary>The mean of what is there; −1 of nothing.</summary>
    private struct Mean
    {
        private double sum;
        private int count;

        public readonly double Value => count > 0 ? sum / count : -1;

        public void Add(double value)
        {
            if (value > -1)
            {
                sum += value;
                count++;
            }
        }
    }
}
