using Fovea.Cpu;
using Fovea.CompilerServices;

namespace Fovea.Ops.Matching;

/// <summary>
/// The losses of all tasks, in the session's shared memory: level after level <c>[N, chunks]</c>, where a chunk is a run of anchors. Each
/// level's are added in their order.
/// </summary>
internal readonly unsafe struct LossSums
{
    private readonly CpuContext context;
    private readonly MatchMap matches;
    private readonly GroundTruthMap truth;
    private readonly int chunkLength;
    private readonly double* sums;

    public LossSums(CpuContext context, MatchMap matches, GroundTruthMap truth, int chunkLength)
    {
        (this.context, this.matches, this.truth, this.chunkLength) = (context, matches, truth, chunkLength);
        sums = (double*)context.SharedWorkspace(2L * Before(matches.Levels));
    }

    /// <summary>The tasks of a level.</summary>
    public LossTasks Of(int level)
    {
        var map = matches[level];
        return new LossTasks
        {
            Matches = (int*)context.At(map.Offset),
            Weights = context.At(truth.LossWeights),
            Capacity = truth.Capacity,
            Images = map.Images,
            Anchors = map.Anchors,
            ChunkLength = chunkLength,
            Chunks = Chunks(map),
            Partial = sums + Before(level),
        };
    }

    /// <summary>Writes each level's sum.</summary>
    public void Add(float* loss)
    {
        for (var level = 0; level < matches.Levels; level++)
        {
            var sum = 0.0;
            for (var task = Before(level); task < Before(level + 1); task++)
            {
                sum += sums[task];
            }

            loss[level] = (float)sum;
        }
    }

    /// <summary>Runs of a level's anchors.</summary>
    private int Chunks(MatchMap level) => (level.Anchors + chunkLength - 1) / chunkLength;

    private int Before(int level)
    {
        var tasks = 0;
        for (var finer = 0; finer < level; finer++)
        {
            tasks += matches.Images * Chunks(matches[finer]);
        }

        return tasks;
    }
}
