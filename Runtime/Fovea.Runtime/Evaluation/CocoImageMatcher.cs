namespace Fovea.Evaluation;

/// <summary>
/// Assigns one image's detections of one class to its ground truth, for all IoU thresholds at once. Results of an area range stay valid
/// until the next one is matched.
/// </summary>
/// <remarks>Source: pycocotools/cocoeval.py, computeIoU and evaluateImg.</remarks>
internal sealed class CocoImageMatcher
{
    private CocoTruth[] truths = [];
    private CocoCandidate[] detections = [];
    private int truthCount;
    private int detectionCount;
    private double[] overlaps = [];
    private int[] order = [];
    private bool[] ignored = [];
    private int[] takenBy = [];

    /// <summary>Truths in the order of matching: those that count first, ignored ones after them.</summary>
    public ReadOnlySpan<int> Order => order.AsSpan(0, truthCount);

    /// <summary>By position in <see cref="Order"/>: crowds, and truths outside the area range.</summary>
    public ReadOnlySpan<bool> TruthIgnored => ignored.AsSpan(0, truthCount);

    /// <summary>Bit t of element d: at threshold t detection d is matched.</summary>
    public uint[] Matched { get; private set; } = [];

    /// <summary>Bit t of element d: at threshold t detection d counts neither as right nor as wrong.</summary>
    public uint[] DetectionIgnored { get; private set; } = [];

    /// <summary>
    /// Element t·D + d: the truth (position in what <see cref="Load"/> was given) that detection d has at threshold t, or −1.
    /// </summary>
    public int[] MatchOf { get; private set; } = [];

    /// <summary>Takes an image's truths and its detections, best first and no more than the greatest maximum.</summary>
    public void Load(ReadOnlySpan<CocoTruth> newTruths, ReadOnlySpan<CocoCandidate> newDetections)
    {
        (truthCount, detectionCount) = (newTruths.Length, newDetections.Length);
        Grow();
        newTruths.CopyTo(truths);
        newDetections.CopyTo(detections);
        for (var d = 0; d < detectionCount; d++)
        {
            for (var g = 0; g < truthCount; g++)
            {
                overlaps[d * truthCount + g] = CocoBox.Overlap(detections[d].Box, truths[g].Box, truths[g].IsCrowd);
            }
        }
    }

    /// <summary>Matches for one area range and returns how many truths count.</summary>
    public int Match(AreaRange range)
    {
        var counted = Sort(range);
        Array.Clear(Matched, 0, detectionCount);
        Array.Clear(DetectionIgnored, 0, detectionCount);
        var thresholds = CocoParameters.IoUThresholds;
        for (var t = 0; t < thresholds.Count; t++)
        {
            takenBy.AsSpan(0, truthCount).Clear();
            for (var d = 0; d < detectionCount; d++)
            {
                var position = Best(d, Math.Min(thresholds[t], 1 - 1e-10));
                MatchOf[t * detectionCount + d] = position < 0 ? -1 : order[position];
                if (position >= 0)
                {
                    takenBy[position]++;
                    Matched[d] |= 1u << t;
                    DetectionIgnored[d] |= ignored[position] ? 1u << t : 0;
                }
            }
        }

        for (var d = 0; d < detectionCount; d++)
        {
            // Unmatched detections outside the range count for no one.
            DetectionIgnored[d] |= range.Excludes(detections[d].Box.Area) ? ~Matched[d] : 0;
        }

        return counted;
    }

    /// <summary>Truths that count, then ignored ones; both in their own order.</summary>
    private int Sort(AreaRange range)
    {
        var next = 0;
        var counted = 0;
        for (var pass = 0; pass < 2; pass++)
        {
            for (var g = 0; g < truthCount; g++)
            {
                var ignore = truths[g].IsCrowd || range.Excludes(truths[g].Area);
                if (ignore == (pass == 1))
                {
                    order[next] = g;
                    ignored[next++] = ignore;
                }
            }

            counted = pass == 0 ? next : counted;
        }

        return counted;
    }

    /// <summary>
    /// The position in the order of a detection's best free truth, or −1. The last of equal overlaps wins; ignored truths only where no
    /// other is left.
    /// </summary>
    private int Best(int detection, double threshold)
    {
        var best = -1;
        for (var position = 0; position < truthCount; position++)
        {
            if (takenBy[position] > 0 && !truths[order[position]].IsCrowd)
            {
                continue;
            }

            if (best >= 0 && !ignored[best] && ignored[position])
            {
                break;
            }

            var overlap = overlaps[detection * truthCount + order[position]];
            if (overlap >= threshold)
            {
                (threshold, best) = (overlap, position);
            }
        }

        return best;
    }

    private void Grow()
    {
        if (truths.Length < truthCount)
        {
            truths = new CocoTruth[truthCount * 2];
            order = new int[truthCount * 2];
            ignored = new bool[truthCount * 2];
            takenBy = new int[truthCount * 2];
        }

        if (detections.Length < detectionCount)
        {
            detections = new CocoCandidate[detectionCount * 2];
            Matched = new uint[detectionCount * 2];
            DetectionIgnored = new uint[detectionCount * 2];
            MatchOf = new int[detectionCount * 2 * CocoParameters.IoUThresholds.Count];
        }

        if (overlaps.Length < truthCount * detectionCount)
        {
            overlaps = new double[truthCount * detectionCount * 2];
        }
    }
}
