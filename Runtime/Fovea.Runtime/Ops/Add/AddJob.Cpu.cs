using System.Numerics;
using Fovea.Cpu;

namespace Fovea.Ops.Add;

/// <summary>y = a + b on a run of elements. Elementwise: y may be either.</summary>
internal unsafe struct AddJob : ICountedJob
{
    public TaskSplit Split;
    public float* A;
    public float* B;
    public float* Y;

    public readonly int Tasks => Split.Count;

    public void Execute(int task, int worker)
    {
        var end = Split.End(task);
        var i = Split.Begin(task);
        for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Store(Vector.Load(A + i) + Vector.Load(B + i), Y + i);
        }

        for (; i < end; i++)
        {
            Y[i] = A[i] + B[i];
        }
    }
}
