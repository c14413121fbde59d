using Fovea.Cpu;
using Fovea.Ops.Conv;
using Fovea.CompilerServices;

namespace Fovea.Ops;

internal readonly unsafe partial struct CpuBackend
{
    /// <inheritdoc cref="IBackend.ConvBackwardWeights"/>
    public void ConvBackwardWeights(PyramidMap x, in ConvParameters w, PyramidMap dy, in ConvGradients d)
    {
        ConvGeometry.CheckLevels(x, dy);
        var levels = default(PerLevel<WeightGradientLevel>);
        var room = 0L;
        for (var level = 0; level < x.Levels; level++)
        {
            ConvGeometry.Check(x[level], w, dy[level]);
            levels[level] = new WeightGradientLevel(x[level], w, dy[level], context.Kernels);
            room = Math.Max(room, levels[level].SharedLength);
        }

        // As many levels at a time as fit into the memory that the largest of them needs by itself. From the coarsest on, which is the order
        // in which they are added up.
        var shared = context.SharedWorkspace(room);
        for (var next = x.Levels - 1; next >= 0;)
        {
            var together = new WeightGradientJobs(context, shared, d.Bias >= 0);
            var left = room;
            var coarsest = next;
            for (; next >= 0 && levels[next].SharedLength <= left; next--)
            {
                left -= levels[next].SharedLength;
                together.Add(levels[next]);
            }

            together.Run();
            together.Reduce(coarsest == x.Levels - 1 ? d : d.Accumulating);
        }
    }
}
