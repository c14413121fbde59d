using Fovea.CompilerServices;
using Fovea.Cpu;
using Fovea.Ops.Add;

namespace Fovea.Ops;

internal readonly unsafe partial struct CpuBackend
{
    /// <inheritdoc cref="IBackend.Add"/>
    public void Add(PyramidMap a, PyramidMap b, PyramidMap y)
    {
        var jobs = default(PyramidJob<ElementwiseJob<AddOperator>>);
        for (var level = 0; level < y.Levels; level++)
        {
            var add = new AddOperator(context.Pointer(a[level]), context.Pointer(b[level]));
            jobs.Add(new(add, y[level].Length, context.Pointer(y[level])));
        }

        jobs.Run(context.Pool);
    }
}
