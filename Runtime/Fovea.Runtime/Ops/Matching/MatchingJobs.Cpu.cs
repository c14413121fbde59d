using Fovea.Cpu;
using Fovea.Detection;
using Fovea.CompilerServices;

namespace Fovea.Ops.Matching;

/// <summary>
/// Matching of all images and levels in two passes over the anchors, so that no matrix of IoUs is kept: first each truth's greatest IoU,
/// then the assignment.
/// A task is one image and one run of at most <see cref="ChunkLength"/> anchors of one level.
/// </summary>
internal unsafe struct MatchingWork
{
    /// <summary>Anchors of one task. From the shape only, so that the same work falls to the same task at any worker count.</summary>
    public const int ChunkLength = 4096;

    public AnchorMap Anchors;
    public MatchMap Matches;
    public int Chunks;
    public float* Arena;
    public GroundTruthMap Truth;
    public MatchingRule Rule;

    /// <summary>
    /// Each truth's greatest IoU in each run <c>[N, chunks, capacity]</c>; after <see cref="Reduce"/> the first run's hold the greatest
    /// over all.
    /// </summary>
    public float* Maxima;

    /// <summary>Foreground anchors of each run <c>[N, chunks]</c>.</summary>
    public int* Foreground;

    /// <summary>The runs that the levels fall into.</summary>
    public static int CountChunks(AnchorMap anchors)
    {
        var chunks = 0;
        for (var level = 0; level < anchors.Levels; level++)
        {
            chunks += (anchors[level].Count + ChunkLength - 1) / ChunkLength;
        }

        return chunks;
    }

    public readonly Box* Truths(int image) => (Box*)(Arena + Truth.Boxes) + (long)image * Truth.Capacity;

    /// <summary>Below 0 where a truth is a region.</summary>
    public readonly int* Classes(int image) => (int*)(Arena + Truth.Classes) + (long)image * Truth.Capacity;

    public readonly int TruthCount(int image) => ((int*)(Arena + Truth.Counts))[image];

    public readonly float* MaximaOf(int image, int chunk) => Maxima + ((long)image * Chunks + chunk) * Truth.Capacity;

    /// <summary>The anchors of a run, their number, and where their matches for an image go.</summary>
    public readonly Box* Run(int image, int chunk, out int count, out int* matches)
    {
        var level = 0;
        var start = chunk * ChunkLength;
        while (start >= Anchors[level].Count)
        {
            start -= (Anchors[level].Count + ChunkLength - 1) / ChunkLength * ChunkLength;
            level++;
        }

        var anchors = Anchors[level].Count;
        count = Math.Min(ChunkLength, anchors - start);
        matches = (int*)(Arena + Matches[level].Offset) + ((long)image * anchors) + start;
        return (Box*)(Arena + Anchors[level].Offset) + start;
    }

    /// <summary>
    /// The greatest over all runs; +∞ for regions and for truths that no anchor overlaps and the rule leaves out, so that no anchor equals
    /// it.
    /// </summary>
    public readonly void Reduce()
    {
        for (var image = 0; image < Truth.Images; image++)
        {
            var all = MaximaOf(image, 0);
            for (var g = 0; g < TruthCount(image); g++)
            {
                for (var chunk = 1; chunk < Chunks; chunk++)
                {
                    all[g] = MathF.Max(all[g], MaximaOf(image, chunk)[g]);
                }

                if (!Rule.AllowLowQuality || Classes(image)[g] < 0 || (Rule.SkipUncovered && all[g] == 0))
                {
                    all[g] = float.PositiveInfinity;
                }
            }
        }
    }

    /// <summary>First pass.</summary>
    public readonly struct MaximaJob(MatchingWork work, CpuContext context) : ICpuJob
    {
        private readonly MatchingWork work = work;
        private readonly CpuContext context = context;

        public void Execute(int task, int worker)
        {
            var (image, chunk) = (task / work.Chunks, task % work.Chunks);
            var anchors = work.Run(image, chunk, out var count, out _);
            MatchingKernel.Maxima(
                anchors, count, work.Truths(image), work.Classes(image), work.TruthCount(image), context.WorkerWorkspace(worker),
                work.MaximaOf(image, chunk));
        }
    }

    /// <summary>Second pass.</summary>
    public readonly struct AssignJob(MatchingWork work) : ICpuJob
    {
        private readonly MatchingWork work = work;

        public void Execute(int task, int worker)
        {
            var (image, chunk) = (task / work.Chunks, task % work.Chunks);
            var anchors = work.Run(image, chunk, out var count, out var matches);
            var truths = work.TruthCount(image);
            if (truths == 0)
            {
                new Span<int>(matches, count).Fill(Matcher.Background);
                work.Foreground[task] = 0;
                return;
            }

            work.Foreground[task] = MatchingKernel.Assign(
                anchors, count, work.Truths(image), work.Classes(image), truths, work.MaximaOf(image, 0), work.Rule, matches);
        }
    }
}
