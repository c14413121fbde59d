using System.Numerics;

namespace Fovea.Cpu;

/// <summary>What an elementwise operator makes of its operands' elements, as a vector and as a scalar; both have the same bits.</summary>
internal interface IElementwise
{
    /// <summary>Elements i … i + <see cref="Vector{T}.Count"/> − 1.</summary>
    Vector<float> At(long i);

    /// <summary>Element i.</summary>
    float ScalarAt(long i);
}

/// <summary>Writes an elementwise operator's result, run by run. The result may lie over any operand.</summary>
internal readonly unsafe struct ElementwiseJob<TOperator>(TOperator op, long length, float* result) : ICountedJob
    where TOperator : struct, IElementwise
{
    private readonly TOperator op = op;
    private readonly TaskSplit split = TaskSplit.For(length, 1);
    private readonly float* result = result;

    public int Tasks => split.Count;

    public void Execute(int task, int worker)
    {
        var o = op;
        var y = result;
        var end = split.End(task);
        var i = split.Begin(task);
        for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Store(o.At(i), y + i);
        }

        for (; i < end; i++)
        {
            y[i] = o.ScalarAt(i);
        }
    }
}
