namespace Fovea.Detection;

/// <summary>Makes one list of what overlapping tiles have found.</summary>
internal static class TileMerging
{
    /// <summary>A cut box goes if more of it than this lies in a better one: its tile saw a part of that object.</summary>
    private const float CoveredPart = 0.5f;

    /// <summary>
    /// Non-maximum suppression within a class, boxes that a tile's edge may have cut after all others. They go where they overlap by more
    /// than the threshold, as all do, and also where most of them lies in a box that stays: half a car has a small IoU with the whole one.
    /// </summary>
    /// <param name="boxes">In pixels of the picture.</param>
    /// <param name="scores">As many.</param>
    /// <param name="classes">As many.</param>
    /// <param name="cut">As many: whether the box touches an edge of its tile within the picture.</param>
    /// <param name="iouThreshold">Compared in double, as in <see cref="NonMaximumSuppression"/>.</param>
    /// <returns>Indices of the boxes that stay, best first, equal scores by lower index.</returns>
    public static int[] Merge(
        ReadOnlySpan<Box> boxes, ReadOnlySpan<float> scores, ReadOnlySpan<int> classes, ReadOnlySpan<bool> cut, double iouThreshold)
    {
        var whole = new List<ulong>();
        var parts = new List<ulong>();
        for (var i = 0; i < boxes.Length; i++)
        {
            (cut[i] ? parts : whole).Add(ScoreOrder.Key(scores[i], i));
        }

        whole.Sort();
        parts.Sort();
        var kept = new List<ulong>();
        foreach (var key in (IEnumerable<ulong>)[.. whole, .. parts])
        {
            if (!IsSuppressed(ScoreOrder.Index(key), kept, boxes, classes, cut, iouThreshold))
            {
                kept.Add(key);
            }
        }

        kept.Sort();
        return [.. kept.Select(ScoreOrder.Index)];
    }

    private static bool IsSuppressed(
        int candidate, List<ulong> kept, ReadOnlySpan<Box> boxes, ReadOnlySpan<int> classes, ReadOnlySpan<bool> cut, double iouThreshold)
    {
        ref readonly var box = ref boxes[candidate];
        var covered = cut[candidate] ? CoveredPart * box.Area : float.PositiveInfinity;
        foreach (var key in kept)
        {
            var other = ScoreOrder.Index(key);
            if (classes[other] == classes[candidate]
                && (BoxMath.IoU(boxes[other], box) > iouThreshold || BoxMath.Intersection(boxes[other], box) > covered))
            {
                return true;
            }
        }

        return false;
    }
}
