namespace Fovea.App.Verification;

/// <summary>Detections of two runs, each with the other's of its class that is nearest.</summary>
internal sealed class DetectionPairs
{
    /// <summary>An IoU so near to the threshold of suppression may fall on either side of it.</summary>
    public const double OverlapBound = 1e-3;

    /// <summary>Farther apart, in bounds, two detections are not the same.</summary>
    private const double Far = 20;

    private const string None = "nothing was found";
    private readonly List<string> lonely = [];

    /// <param name="ours">Best first.</param>
    /// <param name="theirs">Best first.</param>
    /// <param name="rule">From logits to detections.</param>
    /// <param name="side">The picture's longer side, in pixels.</param>
    public DetectionPairs(RawDetection[] ours, RawDetection[] theirs, in PostProcessingRule rule, int side)
    {
        (Ours, Theirs) = (ours.Length, theirs.Length);
        var (left, missed) = (ours.ToList(), new List<RawDetection>());
        var (score, box) = (Nothing("scores", 1, Comparison.ScoreBound), Nothing("boxes", side, Comparison.BoxBound));
        foreach (var expected in theirs)
        {
            var near = left.Where(d => d.Channel == expected.Channel && Distance(d, expected, side) <= Far).ToArray();
            if (near.Length == 0)
            {
                missed.Add(expected);
                continue;
            }

            var nearest = near.MinBy(d => Distance(d, expected, side));
            left.Remove(nearest);
            Pairs++;
            score = Greater(
                score, Math.Abs((double)expected.Score - nearest.Score), FormattableString.Invariant($"channel {expected.Channel}, {expected.Score:0.0000}"));
            box = Greater(box, Corners(expected.Box, nearest.Box), FormattableString.Invariant($"{expected.Box}"));
        }

        (Scores, Boxes) = (score with { Shape = [Pairs] }, box with { Shape = [Pairs, 4] });
        Judge([.. left.Select(d => (d, false)), .. missed.Select(d => (d, true))], ours, theirs, rule);
    }

    public int Ours { get; }

    public int Theirs { get; }

    /// <summary>Found by both.</summary>
    public int Pairs { get; }

    /// <summary>
    /// Found by one alone where rounding may decide: at the threshold of scores, at the end of as many as there may be, at the threshold of
    /// suppression, or suppressed by such a one. These count as agreeing.
    /// </summary>
    public int OnTheEdge { get; private set; }

    public VerifiedPart Scores { get; }

    public VerifiedPart Boxes { get; }

    /// <summary>Whether all that one found the other did, too.</summary>
    public bool Agrees => lonely.Count == 0;

    /// <summary>A line for each that one alone has found.</summary>
    public IReadOnlyList<string> Lonely => lonely;

    private static VerifiedPart Nothing(string name, double scale, double bound) => new(name, [0], 0, scale, bound, None);

    private static VerifiedPart Greater(VerifiedPart part, double difference, string place) => difference <= part.Difference && part.Place != None
        ? part
        : part with { Difference = double.IsNaN(difference) ? double.PositiveInfinity : difference, Place = place };

    /// <summary>In bounds.</summary>
    private static double Distance(RawDetection a, RawDetection b, int side) =>
        Math.Max(Math.Abs((double)a.Score - b.Score) / Comparison.ScoreBound, Corners(a.Box, b.Box) / (Comparison.BoxBound * side));

    private static double Corners(Box a, Box b) => Math.Max(
        Math.Max(Math.Abs((double)a.X1 - b.X1), Math.Abs((double)a.Y1 - b.Y1)),
        Math.Max(Math.Abs((double)a.X2 - b.X2), Math.Abs((double)a.Y2 - b.Y2)));

    private static float Last(RawDetection[] all, in PostProcessingRule rule) =>
        all.Length == rule.MaxDetections ? all[^1].Score : rule.ScoreThreshold;

    /// <summary>The best first, since one may be the reason for another.</summary>
    private void Judge(
        IEnumerable<(RawDetection Detection, bool IsTheirs)> alone, RawDetection[] ours, RawDetection[] theirs, in PostProcessingRule rule)
    {
        var excused = new List<(RawDetection Detection, bool IsTheirs)>();
        foreach (var (d, isTheirs) in alone.OrderByDescending(a => a.Detection.Score))
        {
            var threshold = rule.NmsIoU;
            if (d.Score - Last(isTheirs ? theirs : ours, rule) <= Comparison.ScoreBound
                || (isTheirs ? ours : theirs).Any(o => o.Channel == d.Channel && Math.Abs(o.Box.IoU(d.Box) - threshold) <= OverlapBound)
                || excused.Any(e => e.IsTheirs != isTheirs && e.Detection.Channel == d.Channel && e.Detection.Box.IoU(d.Box) > threshold))
            {
                excused.Add((d, isTheirs));
                continue;
            }

            lonely.Add(FormattableString.Invariant(
                $"{(isTheirs ? "torchvision" : "we")} alone: channel {d.Channel}, score {d.Score:0.0000}, box {d.Box}"));
        }

        OnTheEdge = excused.Count;
    }
}
