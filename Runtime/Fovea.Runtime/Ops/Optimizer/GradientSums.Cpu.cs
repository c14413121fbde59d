using System.Numerics;
using Fovea.Cpu;

namespace Fovea.Ops.Optimizer;

/// <summary>Σ ← Σ + g; of the first batch Σ ← g.</summary>
internal unsafe struct AccumulateJob : ICpuJob
{
    public TaskSplit Split;
    public float* G;
    public float* Sum;
    public bool First;

    public void Execute(int task, int worker)
    {
        var end = Split.End(task);
        var i = Split.Begin(task);
        for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
        {
            var g = Vector.Load(G + i);
            Vector.Store(First ? g : Vector.Load(Sum + i) + g, Sum + i);
        }

        for (; i < end; i++)
        {
            Sum[i] = First ? G[i] : Sum[i] + G[i];
        }
    }
}

/// <summary>g ← (Σ + g)/n.</summary>
internal unsafe struct MeanJob : ICpuJob
{
    public TaskSplit Split;
    public float* G;
    public float* Sum;

    /// <summary>n.</summary>
    public float Batches;

    public void Execute(int task, int worker)
    {
        var end = Split.End(task);
        var i = Split.Begin(task);
        for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Store((Vector.Load(Sum + i) + Vector.Load(G + i)) / new Vector<float>(Batches), G + i);
        }

        for (; i < end; i++)
        {
            G[i] = (Sum[i] + G[i]) / Batches;
        }
    }
}
