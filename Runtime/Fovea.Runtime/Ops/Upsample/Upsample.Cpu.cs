using Fovea.CompilerServices;
using Fovea.Cpu;
using Fovea.Ops.Upsample;

namespace Fovea.Ops;

internal readonly unsafe partial struct CpuBackend
{
    /// <inheritdoc cref="IBackend.UpsampleBackward"/>
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
