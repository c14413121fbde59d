namespace Fovea.App.Reports.Pictures;

/// <summary>
/// What was found in each image of an evaluation, matched with what a person marked as COCO does at IoU 0.5: class by class, the best
/// detection first, each takes the free object that it overlaps most.
/// </summary>
internal sealed class Findings<TClass>(DetectionDataset<TClass> dataset)
    where TClass : struct, Enum
{
    private const float EnoughOverlap = 0.5f;
    private readonly SortedDictionary<int, ImageFindings<TClass>> images = [];

    /// <summary>The images that were evaluated, by their numbers in the data set.</summary>
    public IReadOnlyDictionary<int, ImageFindings<TClass>> Images => images;

    /// <summary>Takes an image's detections: an observer of the evaluation.</summary>
    public void Add(int index, ReadOnlySpan<Detection<TClass>> found)
    {
        Detection<TClass>[] sorted = [.. found.ToArray().OrderByDescending(d => d.Score)];
        var objects = dataset[index].Objects;
        var foundAt = new float[objects.Length];
        var verdicts = new Verdict[sorted.Length];
        for (var i = 0; i < sorted.Length; i++)
        {
            verdicts[i] = Judge(sorted[i], objects.AsSpan(), foundAt);
        }

        images[index] = new ImageFindings<TClass>(index, sorted, verdicts, foundAt);
    }

    /// <summary>
    /// The score from which detections count in pictures: where the balance of missed objects and false finds is best (the greatest F1 over
    /// all classes and images).
    /// </summary>
    public float BestThreshold()
    {
        var truths = 0;
        var scores = new List<(float Score, bool IsTrue)>();
        foreach (var image in images.Values)
        {
            truths += dataset[image.Index].Objects.Count(o => !o.IsCrowd);
            for (var i = 0; i < image.Detections.Length; i++)
            {
                if (image.Verdicts[i] != Verdict.Ignored)
                {
                    scores.Add((image.Detections[i].Score, image.Verdicts[i] == Verdict.True));
                }
            }
        }

        scores.Sort((a, b) => b.Score.CompareTo(a.Score));
        var (best, threshold, right) = (0.0, 0.5f, 0);
        for (var i = 0; i < scores.Count; i++)
        {
            right += scores[i].IsTrue ? 1 : 0;
            var isLastOfScore = i + 1 == scores.Count || scores[i + 1].Score < scores[i].Score;
            var f1 = 2.0 * right / (i + 1 + truths);
            if (isLastOfScore && f1 > best)
            {
                (best, threshold) = (f1, scores[i].Score);
            }
        }

        return threshold;
    }

    /// <summary>The images with most mistakes, the worst first; those without a mistake are not among them.</summary>
    /// <param name="threshold">Of the scores.</param>
    /// <param name="most">Images at the most.</param>
    public IReadOnlyList<ImageFindings<TClass>> Worst(float threshold, int most) =>
        [.. images.Values
            .Select(i => (Image: i, Mistakes: Missed(i, threshold) + i.False(threshold)))
            .Where(i => i.Mistakes > 0)
            .OrderByDescending(i => i.Mistakes)
            .ThenBy(i => i.Image.Index)
            .Take(most)
            .Select(i => i.Image)];

    /// <summary>Objects of an image that nothing of such a score was found at.</summary>
    public int Missed(ImageFindings<TClass> image, float threshold)
    {
        var objects = dataset[image.Index].Objects;
        var missed = 0;
        for (var i = 0; i < objects.Length; i++)
        {
            missed += image.IsMissed(i, threshold) && !objects[i].IsCrowd ? 1 : 0;
        }

        return missed;
    }

    private static Verdict Judge(in Detection<TClass> found, ReadOnlySpan<LabeledBox<TClass>> objects, float[] foundAt)
    {
        var (best, at) = (EnoughOverlap, -1);
        var inCrowd = false;
        for (var i = 0; i < objects.Length; i++)
        {
            if (!EqualityComparer<TClass>.Default.Equals(objects[i].Class, found.Class))
            {
                continue;
            }

            var (detected, marked) = (CocoBox.From(found.Box), CocoBox.From(objects[i].Box));
            var overlap = (float)CocoBox.Overlap(detected, marked, objects[i].IsCrowd);
            if (objects[i].IsCrowd)
            {
                inCrowd |= overlap >= EnoughOverlap;
            }
            else if (foundAt[i] == 0 && overlap >= best)
            {
                (best, at) = (overlap, i);
            }
        }

        if (at < 0)
        {
            return inCrowd ? Verdict.Ignored : Verdict.False;
        }

        foundAt[at] = found.Score;
        return Verdict.True;
    }
}

/// <summary>What a detection is.</summary>
internal enum Verdict : byte
{
    /// <summary>There is no free object of its class.</summary>
    False,

    /// <summary>It is an object of its class.</summary>
    True,

    /// <summary>It is one of a crowd, which counts for nothing.</summary>
    Ignored,
}

/// <summary>An image's detections and what they are.</summary>
/// <param name="Index">The image's number in the data set.</param>
/// <param name="Detections">Best first.</param>
/// <param name="Verdicts">Of each.</param>
/// <param name="FoundAt">Of each object the score of the detection that is it; 0: there is none.</param>
internal sealed record ImageFindings<TClass>(int Index, Detection<TClass>[] Detections, Verdict[] Verdicts, float[] FoundAt)
    where TClass : struct, Enum
{
    /// <summary>Whether an object was found by nothing of such a score.</summary>
    public bool IsMissed(int truth, float threshold) => FoundAt[truth] == 0 || FoundAt[truth] < threshold;

    /// <summary>Detections of such a score that are no object.</summary>
    public int False(float threshold)
    {
        var count = 0;
        for (var i = 0; i < Detections.Length; i++)
        {
            count += Verdicts[i] == Verdict.False && Detections[i].Score >= threshold ? 1 : 0;
        }

        return count;
    }
}
