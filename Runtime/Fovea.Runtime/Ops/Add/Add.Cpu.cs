using Fovea.CompilerServices;
using Fovea.Cpu;
using Fovea.Ops.Add;
using Fovea.Ops.Relu;

namespace Fovea.Ops;

internal readonly unsafe partial struct CpuBackend
{
    /// <inheritdoc cref="IBackend.Add"/>
    public void Add(PyramidMap a, PyramidMap b, PyramidMap y)
    {
        var jobs = default(PyramidJob<AddJob>);
        for (var level = 0; level < y.Levels; level++)
        {
            jobs.Add(new AddJob
            {
                Split = TaskSplit.For(y[level].Length, 1),
                A = context.Pointer(a[level]),
                B = context.Pointer(b[level]),
                Y = context.Pointer(y[level]),
            });
        }

        jobs.Run(context.Pool);
    }
}
