namespace Fovea.App.Verification;

/// <summary>Detections of two runs, each with the other's of its class that is nearest.</summary>
internal sealed class DetectionPairs
{
    private readonly List<string> lonely = [];

    /// <param name="ours">Best first.</param>
    /// <param name="theirs">Best first.</param>
    /// <param name="rule">From logits to detections.</param>
    /// <param name="side">The picture's longer side, in pixels.</param>
    public DetectionPairs(RawDetection[] ours, RawDetection[] theirs, in PostProcessingRule rule, int side)
    {
        (Ours, Theirs) = (ours.Length, theirs.Length);
        var left = ours.ToList();
        var (score, box) = (Nothing("scores", 1, Comparison.ScoreBound), Nothing("boxes", side, Comparison.BoxBound));
        foreach (var expected in theirs)
        {
            var nearest = left.Where(d => d.Channel == expected.Channel).MinBy(d => Distance(d, expected, side));
            if (nearest == default || Distance(nearest, expected, side) > Far)
            {
                AddLonely("torchvision's", expected, theirs, rule);
                continue;
            }

            left.Remove(nearest);
            Pairs++;
            score = Greater(score, Math.Abs((double)expected.Score - nearest.Score), expected);
            box = Greater(box, Corners(expected.Box, nearest.Box), expected);
        }

        foreach (var detection in left)
        {
            AddLonely("ours", detection, ours, rule);
        }

        (Scores, Boxes) = (score with { Shape = [Pairs] }, box with { Shape = [Pairs, 4] });
    }

    /// <summary>Farther apart, in bounds, two detections are not the same.</summary>
    private static double Far => 20;

    public int Ours { get; }

    public int Theirs { get; }

    /// <summary>Found by both.</summary>
    public int Pairs { get; private set; }

    /// <summary>Found by one alone with a score so near to what decides that rounding may: these count as agreeing.</summary>
    public int OnTheEdge { get; private set; }

    public VerifiedPart Scores { get; }

    public VerifiedPart Boxes { get; }

    /// <summary>Whether all that one found the other did, too.</summary>
    public bool Agrees => lonely.Count == 0;

    /// <summary>A line for each that one alone has found.</summary>
    public IReadOnlyList<string> Lonely => lonely;

    private static VerifiedPart Nothing(string name, double scale, double bound) => new(name, [0], 0, scale, bound, "nothing was found");

    private static VerifiedPart Greater(VerifiedPart part, double difference, RawDetection at) =>
        part.Place.StartsWith("nothing", StringComparison.Ordinal) || !(difference <= part.Difference)
            ? part with { Difference = double.IsNaN(difference) ? double.PositiveInfinity : difference, Place = Words(at) }
            : part;

    /// <summary>In bounds.</summary>
    private static double Distance(RawDetection a, RawDetection b, int side) =>
        Math.Max(Math.Abs((double)a.Score - b.Score) / Comparison.ScoreBound, Corners(a.Box, b.Box) / (Comparison.BoxBound * side));

    private static double Corners(Box a, Box b) => Math.Max(
        Math.Max(Math.Abs((double)a.X1 - b.X1), Math.Abs((double)a.Y1 - b.Y1)),
        Math.Max(Math.Abs((double)a.X2 - b.X2), Math.Abs((double)a.Y2 - b.Y2)));

    private static string Words(RawDetection d) => FormattableString.Invariant($"channel {d.Channel}, score {d.Score:0.0000}, box {d.Box}");

    private void AddLonely(string whose, RawDetection detection, RawDetection[] all, in PostProcessingRule rule)
    {
        // At the threshold, or the last of as many as there may be.
        var last = all.Length == rule.MaxDetections ? all[^1].Score : rule.ScoreThreshold;
        if (detection.Score - last <= Comparison.ScoreBound)
        {
            OnTheEdge++;
        }
        else
        {
            lonely.Add($"{whose} alone: {Words(detection)}");
        }
    }
}
