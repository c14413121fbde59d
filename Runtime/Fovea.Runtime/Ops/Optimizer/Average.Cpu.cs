using System.Numerics;
using Fovea.Cpu;

namespace Fovea.Ops.Optimizer;

/// <summary>a ← a + rate·(w − a).</summary>
internal unsafe struct AverageJob : ICpuJob
{
    public TaskSplit Split;
    public float* A;
    public float* W;
    public float Rate;

    public void Execute(int task, int worker)
    {
        var end = Split.End(task);
        var i = Split.Begin(task);
        for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
        {
            var a = Vector.Load(A + i);
            Vector.Store(a + ((Vector.Load(W + i) - a) * Rate), A + i);
        }

        for (; i < end; i++)
        {
            A[i] += (W[i] - A[i]) * Rate;
        }
    }
}
