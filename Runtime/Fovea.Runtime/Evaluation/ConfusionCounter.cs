namespace Fovea.Evaluation;

/// <summary>Counts a <see cref="ConfusionMatrix"/>, image by image.</summary>
/// <remarks>Source: ultralytics/utils/metrics.py, ConfusionMatrix.process_batch.</remarks>
internal sealed class ConfusionCounter
{
    private readonly EvaluatedBoxes boxes;
    private readonly double score;
    private readonly double iou;
    private readonly int[] counts;

    private ConfusionCounter(EvaluatedBoxes boxes, double score, double iou)
    {
        (this.boxes, this.score, this.iou) = (boxes, score, iou);
        counts = new int[(boxes.Classes + 1) * (boxes.Classes + 1)];
    }

    /// <summary>Counts <c>[K + 1, K + 1]</c>.</summary>
    public static int[] Count(EvaluatedBoxes boxes, double score, double iou)
    {
        var counter = new ConfusionCounter(boxes, score, iou);
        var images = new Dictionary<long, Image>();
        counter.Collect(images);
        foreach (var image in images.Values)
        {
            counter.Add(image);
        }

        return counter.counts;
    }

    private void Collect(Dictionary<long, Image> images)
    {
        Image Of(long id)
        {
            if (!images.TryGetValue(id, out var image))
            {
                images[id] = image = new Image();
            }

            return image;
        }

        for (var k = 0; k < boxes.Classes; k++)
        {
            foreach (var truth in boxes.Truths[k])
            {
                var image = Of(truth.Image);
                (truth.IsCrowd ? image.Crowds : image.Truths).Add((k, truth.Box));
            }

            foreach (var detection in boxes.Detections[k])
            {
                if (detection.Score >= score)
                {
                    Of(detection.Image).Detections.Add((k, detection.Box, detection.Score));
                }
            }
        }
    }

    private void Add(Image image)
    {
        var background = boxes.Classes;
        var takers = Takers(image, out var wanted);
        for (var t = 0; t < image.Truths.Count; t++)
        {
            Increment(image.Truths[t].Class, takers[t] < 0 ? background : image.Detections[takers[t]].Class);
        }

        for (var d = 0; d < image.Detections.Count; d++)
        {
            var isTaken = wanted[d] >= 0 && takers[wanted[d]] == d;
            if (!isTaken && !IsInCrowd(image, d))
            {
                Increment(background, image.Detections[d].Class);
            }
        }
    }

    /// <summary>The detection that each object takes, and the object that each detection goes for; −1 none.</summary>
    private int[] Takers(Image image, out int[] wanted)
    {
        var takers = new int[image.Truths.Count];
        var most = new double[image.Truths.Count];
        Array.Fill(takers, -1);
        wanted = new int[image.Detections.Count];
        for (var d = 0; d < wanted.Length; d++)
        {
            var (best, at) = (iou, -1);
            for (var t = 0; t < image.Truths.Count; t++)
            {
                var overlap = CocoBox.Overlap(image.Detections[d].Box, image.Truths[t].Box, crowd: false);
                if (overlap > best || (overlap == best && at < 0))
                {
                    (best, at) = (overlap, t);
                }
            }

            wanted[d] = at;
            if (at >= 0 && (takers[at] < 0 || best > most[at]
                || (best == most[at] && image.Detections[d].Score > image.Detections[takers[at]].Score)))
            {
                (takers[at], most[at]) = (d, best);
            }
        }

        return takers;
    }

    private bool IsInCrowd(Image image, int detection)
    {
        var (k, box, _) = image.Detections[detection];
        return image.Crowds.Exists(c => c.Class == k && CocoBox.Overlap(box, c.Box, crowd: true) >= iou);
    }

    private void Increment(int truth, int predicted) => counts[(truth * (boxes.Classes + 1)) + predicted]++;

    private sealed class Image
    {
        public List<(int Class, CocoBox Box)> Truths { get; } = [];

        public List<(int Class, CocoBox Box)> Crowds { get; } = [];

        public List<(int Class, CocoBox Box, double Score)> Detections { get; } = [];
    }
}
