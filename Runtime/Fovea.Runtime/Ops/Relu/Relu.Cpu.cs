using Fovea.Cpu;
using Fovea.Ops.Add;
using Fovea.Ops.Relu;
using Fovea.Tensors;

namespace Fovea.Ops;

internal readonly unsafe partial struct CpuBackend
{
    /// <inheritdoc cref="Backends.IBackend.Relu"/>
    public void Relu(FeatureMap x, FeatureMap y)
    {
        var job = new ReluJob { Split = TaskSplit.For(x.Length, 1), X = context.Pointer(x), Y = context.Pointer(y) };
        context.Pool.Run(job.Split.Count, ref job);
    }

    /// <inheritdoc cref="Backends.IBackend.ReluBackward"/>
    public void ReluBackward(FeatureMap y, FeatureMap dy, FeatureMap dx, FeatureMap accumulate = default)
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

    private void RunReluBackward<TAccumulate>(FeatureMap y, FeatureMap dy, FeatureMap dx, FeatureMap accumulate)
        where TAccumulate : struct, IFlag
    {
        var job = new ReluBackwardJob<TAccumulate>
        {
            Split = TaskSplit.For(y.Length, 1),
            Y = context.Pointer(y),
            Dy = context.Pointer(dy),
            Accumulate = context.Pointer(accumulate),
            Dx = context.Pointer(dx),
        };
        context.Pool.Run(job.Split.Count, ref job);
    }
}
