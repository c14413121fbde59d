using Fovea.Cpu;
using Fovea.Detection;
using Fovea.CompilerServices;

namespace Fovea.Ops.PostProcessing;

/// <summary>
/// Per-class non-maximum suppression, a task for each image. Candidates are looked at best first and compared with those of their class
/// that stay, which form
/// a list for each class; it ends as soon as there are enough.
/// </summary>
internal readonly unsafe struct SuppressionJob(
    CpuContext context, CandidateMap candidates, DetectionMap detections, PostProcessingRule rule) : ICpuJob
{
    private readonly CpuContext context = context;
    private readonly CandidateMap candidates = candidates;
    private readonly DetectionMap detections = detections;
    private readonly PostProcessingRule rule = rule;
    private readonly double threshold = ScoreOrder.Meant(rule.NmsIoU);

    /// <summary>Elements of workspace: keys of all candidates, the last kept of each class, for each kept one the one before it.</summary>
    public static long WorkspaceLength(CandidateMap candidates, DetectionMap detections, in PostProcessingRule rule) =>
        2L * candidates.Capacity + rule.Classes + detections.Capacity;

    public void Execute(int task, int worker)
    {
        var count = ((int*)context.At(candidates.Counts))[task];
        var keys = (ulong*)context.WorkerWorkspace(worker);
        var last = (int*)(keys + candidates.Capacity);
        var before = last + rule.Classes;
        Order(task, count, keys);
        new Span<int>(last, rule.Classes).Fill(-1);

        var from = (long)task * candidates.Capacity;
        var to = (long)task * detections.Capacity;
        var boxes = (Box*)context.At(candidates.Boxes) + from;
        var classes = (int*)context.At(candidates.Classes) + from;
        var keptBoxes = (Box*)context.At(detections.Boxes) + to;
        var keptClasses = (int*)context.At(detections.Classes) + to;
        var keptScores = context.At(detections.Scores) + to;
        var limit = Math.Min(rule.MaxDetections, detections.Capacity);
        var kept = 0;
        for (var i = 0; i < count && kept < limit; i++)
        {
            var candidate = ScoreOrder.Index(keys[i]);
            var channel = classes[candidate];
            if (IsSuppressed(boxes[candidate], keptBoxes, last[channel], before))
            {
                continue;
            }

            keptBoxes[kept] = boxes[candidate];
            keptScores[kept] = ScoreOrder.Score(keys[i]);
            keptClasses[kept] = channel;
            before[kept] = last[channel];
            last[channel] = kept++;
        }

        ((int*)context.At(detections.Counts))[task] = kept;
    }

    private void Order(int image, int count, ulong* keys)
    {
        var scores = context.At(candidates.Scores) + (long)image * candidates.Capacity;
        for (var i = 0; i < count; i++)
        {
            keys[i] = ScoreOrder.Key(scores[i], i);
        }

        new Span<ulong>(keys, count).Sort();
    }

    private bool IsSuppressed(in Box box, Box* kept, int first, int* before)
    {
        for (var k = first; k >= 0; k = before[k])
        {
            if (BoxMath.IoU(kept[k], box) > threshold)
            {
                return true;
            }
        }

        return false;
    }
}
