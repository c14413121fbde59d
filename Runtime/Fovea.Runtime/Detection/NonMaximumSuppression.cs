namespace Fovea.Detection;

/// <summary>
/// Greedy non-maximum suppression: best score first, equal scores by lower index; a box goes if its IoU with one that stays is
/// <em>greater</em> than the threshold.
/// Exactly the threshold stays; two boxes without area (IoU 0/0) both stay.
/// </summary>
/// <remarks>Source: torchvision/csrc/ops/cpu/nms_kernel.cpp and torchvision/ops/boxes.py, batched_nms (0.14).</remarks>
internal static class NonMaximumSuppression
{
    /// <summary>Indices of the boxes that stay, best first.</summary>
    /// <param name="boxes">The boxes.</param>
    /// <param name="scores">As many scores.</param>
    /// <param name="iouThreshold">Compared in double, as torchvision does.</param>
    public static int[] Suppress(ReadOnlySpan<Box> boxes, ReadOnlySpan<float> scores, double iouThreshold) =>
        Suppress(boxes, scores, [], iouThreshold);

    /// <summary>Indices of the boxes that stay, best first; boxes of different classes do not suppress each other.</summary>
    /// <param name="boxes">The boxes.</param>
    /// <param name="scores">As many scores.</param>
    /// <param name="classes">As many classes, or none if all are of one.</param>
    /// <param name="iouThreshold">Compared in double, as torchvision does.</param>
    public static int[] Suppress(ReadOnlySpan<Box> boxes, ReadOnlySpan<float> scores, ReadOnlySpan<int> classes, double iouThreshold)
    {
        if (scores.Length != boxes.Length || (classes.Length != 0 && classes.Length != boxes.Length))
        {
            throw new ArgumentException(
                $"{boxes.Length} boxes, {scores.Length} scores, {classes.Length} classes: give as many of each.", nameof(scores));
        }

        var order = new ulong[boxes.Length];
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = ScoreOrder.Key(scores[i], i);
        }

        Array.Sort(order);
        var kept = new List<int>();
        foreach (var key in order)
        {
            var candidate = ScoreOrder.Index(key);
            if (!IsSuppressed(candidate, kept, boxes, classes, iouThreshold))
            {
                kept.Add(candidate);
            }
        }

        return [.. kept];
    }

    private static bool IsSuppressed(int candidate, List<int> kept, ReadOnlySpan<Box> boxes, ReadOnlySpan<int> classes, double iouThreshold)
    {
        foreach (var k in kept)
        {
            if ((classes.IsEmpty || classes[k] == classes[candidate]) && BoxMath.IoU(boxes[k], boxes[candidate]) > iouThreshold)
            {
                return true;
            }
        }

        return false;
    }
}
