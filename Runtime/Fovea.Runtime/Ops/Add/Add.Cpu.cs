using Fovea.Cpu;
using Fovea.Ops.Add;
using Fovea.Ops.Relu;
using Fovea.Tensors;

namespace Fovea.Ops;

internal readonly unsafe partial struct CpuBackend
{
    /// <inheritdoc cref="Backends.IBackend.Add"/>
    public void Add(FeatureMap a, FeatureMap b, FeatureMap y)
    {
        var job = new AddJob { Split = TaskSplit.For(a.Length, 1), A = context.Pointer(a), B = context.Pointer(b), Y = context.Pointer(y) };
        context.Pool.Run(job.Split.Count, ref job);
    }
}
