using System.Numerics;
using Fovea.Cpu;

namespace Fovea.Ops.Optimizer;

/// <summary>Σ g² of each task's run, in double. The squares of floats are exact there.</summary>
internal unsafe struct SquaredNormJob : ICpuJob
{
    public TaskSplit Split;
    public float* G;

    /// <summary>One sum for each task.</summary>
    public double* Partials;

    public void Execute(int task, int worker)
    {
        var end = Split.End(task);
        var i = Split.Begin(task);
        var low = Vector<double>.Zero;
        var high = Vector<double>.Zero;
        for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(Vector.Load(G + i), out var a, out var b);
            low += a * a;
            high += b * b;
        }

        var sum = Vector.Sum(low + high);
        for (; i < end; i++)
        {
            sum += (double)G[i] * G[i];
        }

        Partials[task] = sum;
    }
}

/// <summary>g ← g·factor.</summary>
internal unsafe struct ScaleJob : ICpuJob
{
    public TaskSplit Split;
    public float* G;
    public float Factor;

    public void Execute(int task, int worker)
    {
        var end = Split.End(task);
        var i = Split.Begin(task);
        for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Store(Vector.Load(G + i) * Factor, G + i);
        }

        for (; i < end; i++)
        {
            G[i] *= Factor;
        }
    }
}
