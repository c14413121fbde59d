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
    /// <param name="cancellation">Heeded from box to box.</param>
    /// <returns>Indices of the boxes that stay, best first, equal scores by lower index.</returns>
    public static int[] Merge(
        ReadOnlySpan<Box> boxes, ReadOnlySpan<float> scores, ReadOnlySpan<int> classes, ReadOnlySpan<bool> cut, double iouThreshold,
        CancellationToken cancellation = default)
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
        var near = new BoxCells();
        foreach (var key in (IEnumerable<ulong>)[.. whole, .. parts])
        {
            cancellation.ThrowIfCancellationRequested();
            var i = ScoreOrder.Index(key);
            if (!IsSuppressed(i, near, boxes, classes[i], cut[i], iouThreshold))
            {
                kept.Add(key);
                near.Add(classes[i], boxes[i], i);
            }
        }

        kept.Sort();
        return [.. kept.Select(ScoreOrder.Index)];
    }

    private static bool IsSuppressed(
        int candidate, BoxCells near, ReadOnlySpan<Box> boxes, int ofClass, bool isCut, double iouThreshold)
    {
        ref readonly var box = ref boxes[candidate];
        var covered = isCut ? CoveredPart * box.Area : float.PositiveInfinity;
        foreach (var other in near.Of(ofClass, box))
        {
            if (BoxMath.IoU(boxes[other], box) > iouThreshold || BoxMath.Intersection(boxes[other], box) > covered)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Boxes by the cells that they reach into. Those that overlap share a cell, so a picture with tens of thousands of boxes is merged
    /// without comparing all with all.
    /// </summary>
    private sealed class BoxCells
    {
        private const float Side = 128;
        private readonly Dictionary<(int Class, int X, int Y), List<int>> cells = [];

        public void Add(int ofClass, in Box box, int index)
        {
            foreach (var (x, y) in Reached(box))
            {
                if (!cells.TryGetValue((ofClass, x, y), out var cell))
                {
                    cells[(ofClass, x, y)] = cell = [];
                }

                cell.Add(index);
            }
        }

        /// <summary>Boxes of the class in the same cells; one may come several times.</summary>
        public IEnumerable<int> Of(int ofClass, Box box)
        {
            foreach (var (x, y) in Reached(box))
            {
                foreach (var index in cells.GetValueOrDefault((ofClass, x, y)) ?? [])
                {
                    yield return index;
                }
            }
        }

        private static IEnumerable<(int X, int Y)> Reached(Box box)
        {
            for (var y = (int)(box.Y1 / Side); y <= (int)(box.Y2 / Side); y++)
            {
                for (var x = (int)(box.X1 / Side); x <= (int)(box.X2 / Side); x++)
                {
                    yield return (x, y);
                }
            }
        }
    }
}
