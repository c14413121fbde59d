using Fovea.Ops.MaxPool;
using Fovea.Ops.Upsample;
using Fovea.Tensors;

namespace Fovea.Cpu;

internal readonly unsafe partial struct CpuBackend
{
    /// <inheritdoc cref="Backends.IBackend.MaxPool"/>
    public void MaxPool(FeatureMap x, FeatureMap y)
    {
        var job = new MaxPoolJob
        {
            Split = TaskSplit.For((long)y.Images * y.Height, (long)y.Width * y.Channels),
            Input = x,
            Output = y,
            X = context.Pointer(x),
            Y = context.Pointer(y),
        };
        context.Pool.Run(job.Split.Count, ref job);
    }

    /// <inheritdoc cref="Backends.IBackend.MaxPoolBackward"/>
    public void MaxPoolBackward(FeatureMap x, FeatureMap y, FeatureMap dy, FeatureMap dx)
    {
        var job = new MaxPoolBackwardJob
        {
            Input = x,
            Output = y,
            X = context.Pointer(x),
            Y = context.Pointer(y),
            Dy = context.Pointer(dy),
            Dx = context.Pointer(dx),
        };
        context.Pool.Run(x.Images * job.BandsPerImage, ref job);
    }

    /// <inheritdoc cref="Backends.IBackend.UpsampleBackward"/>
    public void UpsampleBackward(FeatureMap dy, FeatureMap dtop, FeatureMap accumulate = default)
    {
        if (accumulate.IsEmpty)
        {
            RunUpsampleBackward<Off>(dy, dtop, accumulate);
        }
        else
        {
            RunUpsampleBackward<On>(dy, dtop, accumulate);
        }
    }

    private void RunUpsampleBackward<TAccumulate>(FeatureMap dy, FeatureMap dtop, FeatureMap accumulate)
        where TAccumulate : struct, IFlag
    {
        var job = new UpsampleBackwardJob<TAccumulate>
        {
            Split = TaskSplit.For((long)dtop.Images * dtop.Height, (long)dtop.Width * dtop.Channels),
            Top = dtop,
            Shape = dy,
            Dy = context.Pointer(dy),
            Accumulate = context.Pointer(accumulate),
            Dtop = context.Pointer(dtop),
        };
        context.Pool.Run(job.Split.Count, ref job);
    }
}
