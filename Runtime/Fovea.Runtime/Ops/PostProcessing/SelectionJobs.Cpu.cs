using Fovea.Cpu;
using Fovea.Detection;
using Fovea.CompilerServices;

namespace Fovea.Ops.PostProcessing;

/// <summary>
/// Selection of one level's candidates: first the best of each run of logits, a task each, then for each image the best of those, decoded
/// and clipped.
/// </summary>
internal unsafe struct SelectionWork
{
    /// <summary>Logits of one task.</summary>
    private const int ChunkLength = 1 << 18;

    private readonly float* logits;
    private readonly BoxDeltas* deltas;
    private readonly Box* anchors;
    private readonly int anchorCount;
    private readonly int images;
    private readonly int chunks;
    private readonly PostProcessingRule rule;

    /// <summary>The best of each run, then of each image, <c>[N, chunks + 1, 2·top-k]</c>.</summary>
    private ulong* keys;

    /// <summary>How many each run found, <c>[N, chunks]</c>.</summary>
    private int* found;

    /// <param name="logits"><c>[N, anchors, K]</c>.</param>
    /// <param name="deltas"><c>[N, anchors]</c>.</param>
    /// <param name="anchors"><c>[anchors]</c>.</param>
    /// <param name="anchorCount">Anchors of the level.</param>
    /// <param name="images">N.</param>
    /// <param name="rule">Threshold, top-k, K.</param>
    public SelectionWork(float* logits, BoxDeltas* deltas, Box* anchors, int anchorCount, int images, in PostProcessingRule rule)
    {
        this.logits = logits;
        this.deltas = deltas;
        this.anchors = anchors;
        (this.anchorCount, this.images) = (anchorCount, images);
        this.rule = rule with { TopK = Math.Min(rule.TopK, checked(anchorCount * rule.Classes)) };
        chunks = (Length + ChunkLength - 1) / ChunkLength;
    }

    /// <summary>Elements that its tasks share, a whole number of cache lines.</summary>
    public readonly long SharedLength => (KeysLength + ((long)images * chunks) + 15) / 16 * 16;

    /// <summary>Logits of one image.</summary>
    private readonly int Length => anchorCount * rule.Classes;

    private readonly long KeysLength => 2 * (images * (chunks + 1L) * TopScores.Places(rule.TopK));

    /// <summary>Gives it its shared memory.</summary>
    public void PlaceAt(float* shared)
    {
        keys = (ulong*)shared;
        found = (int*)(shared + KeysLength);
    }

    /// <summary>The best of an image, best first: their keys, and how many.</summary>
    public readonly int Finish(int image, out ulong* best)
    {
        best = KeysOf(image, chunks);
        var scores = new TopScores(best, rule.TopK);
        for (var chunk = 0; chunk < chunks; chunk++)
        {
            scores.Add(KeysOf(image, chunk), found[(image * chunks) + chunk]);
        }

        return scores.Finish();
    }

    /// <summary>The candidate of a key.</summary>
    public readonly RawDetection Decode(int image, ulong key, float height, float width)
    {
        var (anchor, channel) = Math.DivRem(ScoreOrder.Index(key), rule.Classes);
        var box = BoxCoder.Decode(deltas[((long)image * anchorCount) + anchor], anchors[anchor]).Clip(width, height);
        return new RawDetection(channel, ScoreOrder.Score(key), box);
    }

    private readonly ulong* KeysOf(int image, int chunk) => keys + (((image * (chunks + 1L)) + chunk) * TopScores.Places(rule.TopK));

    /// <summary>The best of each run.</summary>
    public readonly struct ScanJob(SelectionWork work) : ICountedJob
    {
        private readonly SelectionWork work = work;

        public int Tasks => work.images * work.chunks;

        public void Execute(int task, int worker)
        {
            var (image, chunk) = (task / work.chunks, task % work.chunks);
            var start = chunk * ChunkLength;
            var best = new TopScores(work.KeysOf(image, chunk), work.rule.TopK);
            best.Add(
                work.logits + ((long)image * work.Length) + start, Math.Min(ChunkLength, work.Length - start), start,
                work.rule.ScoreThreshold);
            work.found[task] = best.Count;
        }
    }
}

/// <summary>The best of each image, level after level: a task for each image.</summary>
internal unsafe struct SelectionDecodeJob(CpuContext context, PerLevel<SelectionWork> levels, int count, CandidateMap candidates) : ICpuJob
{
    private readonly CpuContext context = context;
    private readonly PerLevel<SelectionWork> levels = levels;
    private readonly int count = count;
    private readonly CandidateMap candidates = candidates;

    public readonly void Execute(int task, int worker)
    {
        var filled = 0;
        for (var level = 0; level < count; level++)
        {
            var found = levels[level].Finish(task, out var keys);
            if (filled + found > candidates.Capacity)
            {
                throw new InvalidOperationException(
                    $"Image {task} has {filled + found} candidates, but room for {candidates.Capacity}: plan for top-k of every level.");
            }

            Append(task, filled, levels[level], keys, found);
            filled += found;
        }

        ((int*)context.At(candidates.Counts))[task] = filled;
    }

    private readonly void Append(int image, int filled, in SelectionWork level, ulong* keys, int found)
    {
        var at = ((long)image * candidates.Capacity) + filled;
        var boxes = (Box*)context.At(candidates.Boxes) + at;
        var scores = context.At(candidates.Scores) + at;
        var classes = (int*)context.At(candidates.Classes) + at;
        var size = context.At(candidates.ImageSizes) + (2 * image);
        for (var i = 0; i < found; i++)
        {
            (classes[i], scores[i], boxes[i]) = level.Decode(image, keys[i], size[0], size[1]);
        }
    }
}
