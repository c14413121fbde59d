using Fovea.CompilerServices;
using Fovea.Cpu;
using Fovea.Ops.MaxPool;

namespace Fovea.Ops;

internal readonly unsafe partial struct CpuBackend
{
    /// <inheritdoc cref="IBackend.MaxPool"/>
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

    /// <inheritdoc cref="IBackend.MaxPoolBackward"/>
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
}
