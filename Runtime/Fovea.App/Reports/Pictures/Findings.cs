using Fovea.Evaluation;

namespace Fovea.App.Reports.Pictures;

/// <summary>An object that a person marked, and whether it was found.</summary>
internal readonly record struct MarkedObject(int Channel, string Class, CocoBox Box, bool IsCrowd, bool IsFound);

/// <summary>A detection, and whether it is an object of its class. One of a crowd counts for nothing.</summary>
internal readonly record struct FoundObject(int Channel, string Class, CocoBox Box, double Score, bool IsRight, bool IsOfCrowd);

/// <summary>What was marked and what was found in an image.</summary>
internal sealed record ImageFindings(IReadOnlyList<MarkedObject> Marked, IReadOnlyList<FoundObject> Found)
{
    /// <summary>Objects that nothing was found at.</summary>
    public int Missed => Marked.Count(m => m is { IsFound: false, IsCrowd: false });

    /// <summary>Detections that are no object.</summary>
    public int False => Found.Count(f => f is { IsRight: false, IsOfCrowd: false });
}

/// <summary>
/// An evaluation image by image: detections from a score on, matched as COCO does at IoU 0.5, class by class, the best detection first;
/// each takes the free object that it overlaps most.
/// </summary>
internal sealed class Findings
{
    private const double EnoughOverlap = 0.5;
    private readonly Dictionary<long, (List<MarkedObject> Marked, List<FoundObject> Found)> images = [];

    /// <param name="result">The evaluation.</param>
    /// <param name="threshold">Detections of this score or a greater one count.</param>
    public Findings(CocoResult result, double threshold)
    {
        var boxes = result.Boxes;
        for (var k = 0; k < boxes.Classes; k++)
        {
            var (channel, name) = ((int)boxes.Ids[k], boxes.Names[k]);
            var truths = boxes.Truths[k].ToLookup(t => t.Image);
            var detections = boxes.Detections[k].Where(d => d.Score >= threshold).ToLookup(d => d.Image);
            foreach (var image in truths.Select(t => t.Key).Union(detections.Select(d => d.Key)))
            {
                Match(image, channel, name, [.. truths[image]], [.. detections[image].OrderByDescending(d => d.Score)]);
            }
        }
    }

    /// <summary>An image's; nothing where it has neither objects nor detections.</summary>
    public ImageFindings this[long image] => images.TryGetValue(image, out var found) ? new(found.Marked, found.Found) : new([], []);

    /// <summary>Ids of the images with most mistakes, the worst first; those without a mistake are not among them.</summary>
    public IReadOnlyList<long> Worst(int most) =>
        [.. images.Keys
            .Select(image => (Id: image, Mistakes: this[image].Missed + this[image].False))
            .Where(i => i.Mistakes > 0)
            .OrderByDescending(i => i.Mistakes)
            .ThenBy(i => i.Id)
            .Take(most)
            .Select(i => i.Id)];

    private void Match(long image, int channel, string name, CocoTruth[] truths, CocoCandidate[] detections)
    {
        if (!images.TryGetValue(image, out var entry))
        {
            images[image] = entry = ([], []);
        }

        var isFound = new bool[truths.Length];
        foreach (var d in detections)
        {
            var (best, at, inCrowd) = (EnoughOverlap, -1, false);
            for (var t = 0; t < truths.Length; t++)
            {
                var overlap = CocoBox.Overlap(d.Box, truths[t].Box, truths[t].IsCrowd);
                if (truths[t].IsCrowd)
                {
                    inCrowd |= overlap >= EnoughOverlap;
                }
                else if (!isFound[t] && overlap >= best)
                {
                    (best, at) = (overlap, t);
                }
            }

            if (at >= 0)
            {
                isFound[at] = true;
            }

            entry.Found.Add(new FoundObject(channel, name, d.Box, d.Score, at >= 0, at < 0 && inCrowd));
        }

        for (var t = 0; t < truths.Length; t++)
        {
            entry.Marked.Add(new MarkedObject(channel, name, truths[t].Box, truths[t].IsCrowd, isFound[t]));
        }
    }
}
