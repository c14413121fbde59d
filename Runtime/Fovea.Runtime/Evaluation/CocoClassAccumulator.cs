namespace Fovea.Evaluation;

/// <summary>One class over all images: collects matches, then makes precision and recall of them.</summary>
/// <remarks>Source: pycocotools/cocoeval.py, accumulate.</remarks>
internal sealed class CocoClassAccumulator
{
    private static readonly int Areas = CocoParameters.AreaRanges.Count;
    private static readonly int Thresholds = CocoParameters.IoUThresholds.Count;
    private readonly List<double> scores = [];
    private readonly List<int> ranks = [];
    private readonly List<uint>[] matched = NewLists();
    private readonly List<uint>[] ignored = NewLists();
    private readonly int[] counted = new int[Areas];
    private readonly CocoImageMatcher matcher = new();

    /// <summary>Truths of the class that are no crowds.</summary>
    public int Truths => counted[0];

    /// <summary>Adds an image; images come in ascending order of their ids, detections best first.</summary>
    public void Add(ReadOnlySpan<CocoTruth> truths, ReadOnlySpan<CocoCandidate> detections)
    {
        matcher.Load(truths, detections);
        for (var a = 0; a < Areas; a++)
        {
            counted[a] += matcher.Match(CocoParameters.AreaRanges[a]);
            matched[a].AddRange(matcher.Matched.AsSpan(0, detections.Length));
            ignored[a].AddRange(matcher.DetectionIgnored.AsSpan(0, detections.Length));
        }

        for (var d = 0; d < detections.Length; d++)
        {
            scores.Add(detections[d].Score);
            ranks.Add(d);
        }
    }

    /// <summary>Fills class <paramref name="category"/> of the result.</summary>
    /// <returns>The detections that count at IoU 0.5, best first: their scores, and whether each finds an object.</returns>
    public (double[] Scores, bool[] Right) Accumulate(CocoResult result, int category)
    {
        var sorted = new int[scores.Count];
        for (var i = 0; i < sorted.Length; i++)
        {
            sorted[i] = i;
        }

        // Stable: equal scores stay in the order of images, then of ranks.
        sorted.AsSpan().Sort((a, b) => scores[b].CompareTo(scores[a]) is var c && c != 0 ? c : a.CompareTo(b));
        var counting = Array.FindAll(sorted, i => (ignored[0][i] & 1) == 0);
        var precision = new double[sorted.Length];
        var recall = new double[sorted.Length];
        for (var m = 0; m < CocoParameters.MaxDetections.Count; m++)
        {
            var selected = Array.FindAll(sorted, i => ranks[i] < CocoParameters.MaxDetections[m]);
            for (var a = 0; a < Areas; a++)
            {
                for (var t = 0; counted[a] > 0 && t < Thresholds; t++)
                {
                    Curve(selected, a, t, precision, recall);
                    Sample(result, category, a, m, t, selected, precision, recall);
                }
            }
        }

        return (Array.ConvertAll(counting, i => scores[i]), Array.ConvertAll(counting, i => (matched[0][i] & 1) != 0));
    }

    private static List<uint>[] NewLists() => [.. Enumerable.Range(0, Areas).Select(_ => new List<uint>())];

    private void Curve(int[] selected, int area, int threshold, double[] precision, double[] recall)
    {
        // numpy.spacing(1): keeps 0/0 away and is too small to change anything else.
        const double Spacing = 2.220446049250313e-16;
        double right = 0;
        double wrong = 0;
        for (var i = 0; i < selected.Length; i++)
        {
            var isIgnored = (ignored[area][selected[i]] >> threshold & 1) != 0;
            var isMatched = (matched[area][selected[i]] >> threshold & 1) != 0;
            right += isMatched && !isIgnored ? 1 : 0;
            wrong += !isMatched && !isIgnored ? 1 : 0;
            recall[i] = right / counted[area];
            precision[i] = right / (wrong + right + Spacing);
        }

        for (var i = selected.Length - 1; i > 0; i--)
        {
            precision[i - 1] = Math.Max(precision[i - 1], precision[i]);
        }
    }

    /// <summary>Recall at the end; precision and score where each recall threshold is first reached, 0 where it never is.</summary>
    private void Sample(
        CocoResult result, int category, int area, int maximum, int threshold, int[] selected, double[] precision, double[] recall)
    {
        result.SetRecall(threshold, category, area, maximum, selected.Length > 0 ? recall[selected.Length - 1] : 0);
        var i = 0;
        for (var r = 0; r < CocoParameters.RecallThresholds.Count; r++)
        {
            while (i < selected.Length && recall[i] < CocoParameters.RecallThresholds[r])
            {
                i++;
            }

            var reached = i < selected.Length;
            result.SetPrecision(threshold, r, category, area, maximum, reached ? precision[i] : 0, reached ? scores[selected[i]] : 0);
        }
    }
}
