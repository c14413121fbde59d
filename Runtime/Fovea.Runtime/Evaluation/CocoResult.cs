using Fovea.Evaluation;

namespace Fovea;

/// <summary>
/// The result of an evaluation: COCO's twelve numbers, the same for each class, and the arrays they come from; VOC's average precision,
/// curves of precision and recall with the thresholds of best F1, and confusion matrices, all from the same boxes. Axes: T IoU thresholds,
/// R recall thresholds, K classes in ascending order of their ids, A area ranges, M maximum detections (<see cref="CocoParameters"/>).
/// −1 stands where a class has no ground truth.
/// </summary>
public sealed class CocoResult
{
    private const string AllClasses = "all classes";

    private static readonly int T = CocoParameters.IoUThresholds.Count;
    private static readonly int R = CocoParameters.RecallThresholds.Count;
    private static readonly int A = CocoParameters.AreaRanges.Count;
    private static readonly int M = CocoParameters.MaxDetections.Count;
    private readonly double[] precision;
    private readonly double[] recall;
    private readonly double[] scores;
    private readonly int classCount;

    internal CocoResult(EvaluatedBoxes boxes, int images)
    {
        var classes = boxes.Classes;
        classCount = classes;
        (Boxes, Images) = (boxes, images);
        precision = Absent(T * R * classes * A * M);
        recall = Absent(T * classes * A * M);
        scores = Absent(T * R * classes * A * M);
        Classes = [];
        Summary = new(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
        Voc = new(-1, -1, []);
        Curves = [];
        PooledCurve = new(AllClasses, 0, [], []);
    }

    /// <summary>The twelve numbers.</summary>
    public CocoSummary Summary { get; private set; }

    /// <summary>Each class, in ascending order of ids.</summary>
    public IReadOnlyList<CocoClassResult> Classes { get; private set; }

    /// <summary>The VOC challenge's average precision: IoU 0.5, 11 points (2007) and all points (2010).</summary>
    public VocResult Voc { get; private set; }

    /// <summary>Precision and recall of each class at IoU 0.5 over the score, in the order of <see cref="Classes"/>.</summary>
    public IReadOnlyList<PrecisionRecallCurve> Curves { get; private set; }

    /// <summary>
    /// The same of all classes' detections together (micro average): its best point is the one threshold that serves all. False finds of
    /// classes without ground truth count, too.
    /// </summary>
    public PrecisionRecallCurve PooledCurve { get; private set; }

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

    /// <summary>
    /// Precision over recall 0, 0.01 … 1, the mean of the classes that have ground truth (macro average), whose mean is AP at that IoU.
    /// </summary>
    /// <param name="iouIndex">Position in <see cref="CocoParameters.IoUThresholds"/>; 0 is IoU 0.5.</param>
    public double[] MeanPrecisionCurve(int iouIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)iouIndex, (uint)T, nameof(iouIndex));
        var curve = new double[R];
        for (var r = 0; r < R; r++)
        {
            var mean = default(Mean);
            for (var k = 0; k < classCount; k++)
            {
                mean.Add(precision[PrecisionIndex(iouIndex, r, k, 0, M - 1)]);
            }

            curve[r] = mean.Value;
        }

        return curve;
    }

    /// <summary>Which class was taken for which.</summary>
    /// <param name="scoreThreshold">Detections with this score or a greater one count; null: that of the greatest F1 of all classes
    /// together (<see cref="PooledCurve"/>), or all where nothing was found.</param>
    /// <param name="iouThreshold">The least IoU of a detection and its object, above 0, at most 1.</param>
    public ConfusionMatrix ConfusionMatrix(double? scoreThreshold = null, double iouThreshold = 0.5)
    {
        if (!(iouThreshold is > 0 and <= 1) || double.IsNaN(scoreThreshold ?? 0))
        {
            throw new ArgumentOutOfRangeException(
                nameof(iouThreshold), $"Expected a score and an IoU above 0, at most 1; found {scoreThreshold} and {iouThreshold}.");
        }

        var score = scoreThreshold ?? PooledCurve.Best?.Score ?? 0;
        return new ConfusionMatrix(Boxes.Names, ConfusionCounter.Count(Boxes, score, iouThreshold), score, iouThreshold);
    }

    /// <summary>The twelve lines that pycocotools prints.</summary>
    public string ToPycocotoolsText() => CocoText.Summary(Summary);

    /// <summary>
    /// Tables in per cent: COCO's numbers, all classes together and each one; then VOC's average precision and the best F1 with its
    /// threshold.
    /// </summary>
    public override string ToString() => CocoText.Table(this);

    /// <summary>All of it as JSON: COCO's and VOC's numbers, best F1, curves at IoU 0.5, confusion; in all and by class.</summary>
    /// <remarks>
    /// Names are in camel case (<c>ap50</c>, <c>arSmall</c>); numbers have all their digits, whatever the culture; null stands where there
    /// is no ground truth.
    /// </remarks>
    public string ToJson() => CocoJson.Write(this);

    /// <summary>What was compared.</summary>
    internal EvaluatedBoxes Boxes { get; }

    internal void SetPrecision(int t, int r, int k, int a, int m, double value, double score)
    {
        var at = PrecisionIndex(t, r, k, a, m);
        precision[at] = value;
        scores[at] = score;
    }

    internal void SetRecall(int t, int k, int a, int m, double value) => recall[RecallIndex(t, k, a, m)] = value;

    /// <summary>Takes the means once all classes are filled.</summary>
    internal void Finish(ClassEvaluation[] evaluations)
    {
        Summary = Summarize(0, classCount);
        Classes =
        [
            .. evaluations.Select((e, k) => new CocoClassResult(
                Boxes.Ids[k], Boxes.Names[k], Summarize(k, k + 1), e.Truths, Boxes.Detections[k].Count)),
        ];
        Voc = new VocResult(
            MeanOf(evaluations, e => e.Voc2007), MeanOf(evaluations, e => e.Voc2010),
            [.. evaluations.Select((e, k) => new VocClassResult(Boxes.Ids[k], Boxes.Names[k], e.Voc2007, e.Voc2010))]);
        Curves = [.. evaluations.Select((e, k) => new PrecisionRecallCurve(Boxes.Names[k], e.Truths, e.Scores, e.Right))];
        PooledCurve = Pool(evaluations);
    }

    private static PrecisionRecallCurve Pool(ClassEvaluation[] evaluations)
    {
        var scores = evaluations.SelectMany(e => e.Scores).ToArray();
        var right = evaluations.SelectMany(e => e.Right).ToArray();
        Array.Sort(scores, right, Comparer<double>.Create((a, b) => b.CompareTo(a)));
        return new PrecisionRecallCurve(AllClasses, evaluations.Sum(e => e.Truths), scores, right);
    }

    private static double MeanOf(ClassEvaluation[] evaluations, Func<ClassEvaluation, double> value)
    {
        var mean = default(Mean);
        foreach (var e in evaluations)
        {
            mean.Add(value(e));
        }

        return mean.Value;
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
