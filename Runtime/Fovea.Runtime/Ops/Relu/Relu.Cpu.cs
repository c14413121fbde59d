using Fovea.CompilerServices;
using Fovea.Cpu;
using Fovea.Ops.Add;
using Fovea.Ops.Relu;

namespace Fovea.Ops;

internal readonly unsafe partial struct CpuBackend
{
    /// <inheritdoc cref="IBackend.Relu"/>
    public void Relu(PyramidMap x, PyramidMap y)
    {
        var jobs = default(PyramidJob<ReluJob>);
        for (var level = 0; level < x.Levels; level++)
        {
            jobs.Add(new ReluJob { Split = TaskSplit.For(x[level].Length, 1), X = context.Pointer(x[level]), Y = context.Pointer(y[level]) });
        }

        jobs.Run(context.Pool);
    }

    /// <inheritdoc cref="IBackend.ReluBackward"/>
    public void ReluBackward(PyramidMap y, PyramidMap dy, PyramidMap dx, PyramidMap accumulate = default)
    {
        if (accumulate.IsEmpty)
        {
            RunReluBackward<Off>(y, dy, dx, accumulate);
        }
        else
        {
            RunReluBackward<On>(y, dy, dx, accumulate);
        }
    }

    private void RunReluBackward<TAccumulate>(PyramidMap y, PyramidMap dy, PyramidMap dx, PyramidMap accumulate)
        where TAccumulate : struct, IFlag
    {
        var jobs = default(PyramidJob<ReluBackwardJob<TAccumulate>>);
        for (var level = 0; level < y.Levels; level++)
        {
            jobs.Add(new ReluBackwardJob<TAccumulate>
            {
                Split = TaskSplit.For(y[level].Length, 1),
                Y = context.Pointer(y[level]),
                Dy = context.Pointer(dy[level]),
                Accumulate = TAccumulate.On ? context.Pointer(accumulate[level]) : null,
                Dx = context.Pointer(dx[level]),
            });
        }

        jobs.Run(context.Pool);
    }
}
