using Fovea.Cpu;
using Fovea.Detection;
using Fovea.Tensors;

namespace Fovea.Ops.PostProcessing;

/// <summary>
/// Selection of one level's candidates: first the best of each run of logits, a task each, then for each image the best of those, decoded
/// and clipped.
/// </summary>
internal unsafe struct SelectionWork
{
    /// <summary>Logits of one task.</summary>
    public const int ChunkLength = 1 << 18;

    public float* Logits;
    public BoxDeltas* Deltas;
    public Box* Anchors;

    /// <summary>Anchors of the level, and logits of one image: anchors · K.</summary>
    public int AnchorCount;
    public int Length;
    public int Chunks;
    public float* Arena;
    public CandidateMap Candidates;
    public PostProcessingRule Rule;

    /// <summary>The best of each run, then of each image, <c>[N, chunks + 1, 2·top-k]</c>.</summary>
    public ulong* Keys;

    /// <summary>How many each run found, <c>[N, chunks]</c>.</summary>
    public int* Found;

    public readonly ulong* KeysOf(int image, int chunk) => Keys + ((long)image * (Chunks + 1) + chunk) * TopScores.Places(Rule.TopK);

    /// <summary>The best of each run.</summary>
    public readonly struct ScanJob(SelectionWork work) : ICpuJob
    {
        private readonly SelectionWork work = work;

        public void Execute(int task, int worker)
        {
            var (image, chunk) = (task / work.Chunks, task % work.Chunks);
            var start = chunk * ChunkLength;
            var best = new TopScores(work.KeysOf(image, chunk), work.Rule.TopK);
            best.Add(
                work.Logits + (long)image * work.Length + start, Math.Min(ChunkLength, work.Length - start), start,
                work.Rule.ScoreThreshold);
            work.Found[task] = best.Count;
        }
    }

    /// <summary>The best of each image.</summary>
    public readonly struct DecodeJob(SelectionWork work) : ICpuJob
    {
        private readonly SelectionWork work = work;

        public void Execute(int task, int worker)
        {
            var keys = work.KeysOf(task, work.Chunks);
            var best = new TopScores(keys, work.Rule.TopK);
            for (var chunk = 0; chunk < work.Chunks; chunk++)
            {
                best.Add(work.KeysOf(task, chunk), work.Found[task * work.Chunks + chunk]);
            }

            Append(task, keys, best.Finish());
        }

        private void Append(int image, ulong* keys, int count)
        {
            var c = work.Candidates;
            var filled = (int*)(work.Arena + c.Counts) + image;
            if (*filled + count > c.Capacity)
            {
                throw new InvalidOperationException(
                    $"Image {image} has {*filled + count} candidates, but room for {c.Capacity}: plan for top-k of every level.");
            }

            var at = (long)image * c.Capacity + *filled;
            var boxes = (Box*)(work.Arena + c.Boxes) + at;
            var scores = work.Arena + c.Scores + at;
            var classes = (int*)(work.Arena + c.Classes) + at;
            var size = work.Arena + c.ImageSizes + 2 * image;
            for (var i = 0; i < count; i++)
            {
                var (anchor, channel) = Math.DivRem(ScoreOrder.Index(keys[i]), work.Rule.Classes);
                var deltas = work.Deltas[(long)image * work.AnchorCount + anchor];
                boxes[i] = BoxCoder.Decode(deltas, work.Anchors[anchor]).Clip(size[1], size[0]);
                scores[i] = ScoreOrder.Score(keys[i]);
                classes[i] = channel;
            }

            *filled += count;
        }
    }
}
