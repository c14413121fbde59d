namespace Fovea.Evaluation;

/// <summary>The VOC challenge's evaluation of one class.</summary>
/// <remarks>Source: PASCAL VOC development kit (2007 and 2012), VOCevaldet.m, VOCap.m.</remarks>
internal static class VocEvaluation
{
    private const double MinOverlap = 0.5;

    /// <summary>Both averages of a class: 11 points, all points; −1 where there is no object.</summary>
    public static (double Eleven, double All) Evaluate(List<CocoTruth> truths, List<CocoCandidate> detections)
    {
        var count = truths.Count(t => !t.IsCrowd);
        if (count == 0)
        {
            return (-1, -1);
        }

        var right = new List<bool>();
        var places = truths.GroupBy(t => t.Image).ToDictionary(g => g.Key, g => g.ToArray());
        var taken = places.ToDictionary(p => p.Key, p => new bool[p.Value.Length]);

        // Stable: equal scores keep their order.
        foreach (var d in detections.OrderByDescending(d => d.Score))
        {
            if (!places.TryGetValue(d.Image, out var here))
            {
                right.Add(false);
                continue;
            }

            var (most, at) = Best(d.Box, here);
            if (most < MinOverlap)
            {
                right.Add(false);
            }
            else if (!here[at].IsCrowd)
            {
                right.Add(!taken[d.Image][at]);
                taken[d.Image][at] = true;
            }
        }

        return (ElevenPoints(right, count), AllPoints(right, count));
    }

    private static (double Overlap, int At) Best(CocoBox box, CocoTruth[] truths)
    {
        var (most, at) = (-1.0, -1);
        for (var t = 0; t < truths.Length; t++)
        {
            var overlap = CocoBox.Overlap(box, truths[t].Box, crowd: false);
            (most, at) = overlap > most ? (overlap, t) : (most, at);
        }

        return (most, at);
    }

    /// <summary>
    /// The mean of the greatest precision at recall r or more, r = 0, 0.1 … 1. Recalls are compared as fractions: 3 of 10 reach 0.3.
    /// </summary>
    private static double ElevenPoints(List<bool> right, int truths)
    {
        var greatest = new double[11];
        var found = 0;
        for (var i = 0; i < right.Count; i++)
        {
            found += right[i] ? 1 : 0;
            var precision = (double)found / (i + 1);
            for (var r = 0; r <= 10 && 10L * found >= (long)r * truths; r++)
            {
                greatest[r] = Math.Max(greatest[r], precision);
            }
        }

        return greatest.Sum() / 11;
    }

    /// <summary>The area under the envelope: each object found adds 1/n of the greatest precision from there on.</summary>
    private static double AllPoints(List<bool> right, int truths)
    {
        var found = right.Count(r => r);
        var (greatest, area) = (0.0, 0.0);
        for (var i = right.Count - 1; i >= 0; i--)
        {
            greatest = Math.Max(greatest, (double)found / (i + 1));
            if (right[i])
            {
                area += greatest;
                found--;
            }
        }

        return area / truths;
    }
}
