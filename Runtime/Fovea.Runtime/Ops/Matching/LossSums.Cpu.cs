using Fovea.Cpu;
using Fovea.CompilerServices;

namespace Fovea.Ops.Matching;

/// <summary>
/// The losses of all tasks, in the session's shared memory: level after level <c>[N, chunks]</c>, where a chunk is a run of anchors. Each
/// level's are added in their order.
/// </summary>
internal readonly unsafe struct LossSums
{
    private readonly MatchMap matches;
    private readonly int chunkLength;
    private readonly double* sums;

    public LossSums(CpuContext context, MatchMap matches, int chunkLength)
    {
        (this.matches, this.chunkLength) = (matches, chunkLength);
        sums = (double*)context.SharedWorkspace(2L * Before(matches.Levels));
    }

    /// <summary>Runs of a level's anchors.</summary>
    public static int Chunks(MatchMap level, int chunkLength) => (level.Anchors + chunkLength - 1) / chunkLength;

    /// <summary>Where a level's tasks write.</summary>
    public double* Of(int level) => sums + Before(level);

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

    private int Before(int level)
    {
        var tasks = 0;
        for (var finer = 0; finer < level; finer++)
        {
            tasks += matches.Images * Chunks(matches[finer], chunkLength);
        }

        return tasks;
    }
}
