using System.Numerics;
using Fovea.Cpu;

namespace Fovea.Ops.Relu;

/// <summary>y = max(0, x) on a run of elements. Elementwise: y may be x.</summary>
internal unsafe struct ReluJob : ICountedJob
{
    public TaskSplit Split;
    public float* X;
    public float* Y;

    public readonly int Tasks => Split.Count;

    public void Execute(int task, int worker)
    {
        var end = Split.End(task);
        var i = Split.Begin(task);
        for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
        {
            // MaxNative(0, NaN) is NaN on x86 and Arm: a diverged network shows.
            Vector.Store(Vector.MaxNative(Vector<float>.Zero, Vector.Load(X + i)), Y + i);
        }

        for (; i < end; i++)
        {
            Y[i] = X[i] < 0 ? 0 : X[i];
        }
    }
}

/// <summary>dx = dy·[y &gt; 0] (+ accumulate) on a run of elements. Elementwise: dx may be dy or accumulate.</summary>
internal unsafe struct ReluBackwardJob<TAccumulate> : ICountedJob
    where TAccumulate : struct, IFlag
{
    public TaskSplit Split;
    public float* Y;
    public float* Dy;
    public float* Accumulate;
    public float* Dx;

    public readonly int Tasks => Split.Count;

    public void Execute(int task, int worker)
    {
        var end = Split.End(task);
        var i = Split.Begin(task);
        for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
        {
            var passes = Vector.GreaterThan(Vector.Load(Y + i), Vector<float>.Zero);
            var dx = Vector.ConditionalSelect(passes, Vector.Load(Dy + i), Vector<float>.Zero);
            Vector.Store(TAccumulate.On ? dx + Vector.Load(Accumulate + i) : dx, Dx + i);
        }

        for (; i < end; i++)
        {
            var dx = Y[i] > 0 ? Dy[i] : 0;
            Dx[i] = TAccumulate.On ? dx + Accumulate[i] : dx;
        }
    }
}
