using Fovea.CompilerServices;
using Fovea.Cpu;
using Fovea.Ops.Relu;

namespace Fovea.Ops;

internal readonly unsafe partial struct CpuBackend
{
    /// <inheritdoc cref="IBackend.Relu"/>
    public void Relu(PyramidMap x, PyramidMap y)
    {
        var jobs = default(PyramidJob<ElementwiseJob<ReluOperator>>);
        for (var level = 0; level < x.Levels; level++)
        {
            jobs.Add(new(new ReluOperator(context.Pointer(x[level])), x[level].Length, context.Pointer(y[level])));
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
        var jobs = default(PyramidJob<ElementwiseJob<ReluGradient<TAccumulate>>>);
        for (var level = 0; level < y.Levels; level++)
        {
            var gradient = new ReluGradient<TAccumulate>(
                context.Pointer(y[level]), context.Pointer(dy[level]), TAccumulate.On ? context.Pointer(accumulate[level]) : null);
            jobs.Add(new(gradient, y[level].Length, context.Pointer(dx[level])));
        }

        jobs.Run(context.Pool);
    }
}
