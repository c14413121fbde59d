using System.Numerics;
using Fovea.Cpu;

namespace Fovea.Ops.Relu;

/// <summary>max(0, x).</summary>
internal readonly unsafe struct ReluOperator(float* x) : IElementwise
{
    private readonly float* x = x;

    // MaxNative(0, NaN) is NaN on x86 and Arm: a diverged network shows.
    public Vector<float> At(long i) => Vector.MaxNative(Vector<float>.Zero, Vector.Load(x + i));

    public float ScalarAt(long i) => x[i] < 0 ? 0 : x[i];
}

/// <summary>dy·[y &gt; 0] (+ accumulate).</summary>
internal readonly unsafe struct ReluGradient<TAccumulate>(float* y, float* dy, float* accumulate) : IElementwise
    where TAccumulate : struct, IFlag
{
    private readonly float* y = y;
    private readonly float* dy = dy;
    private readonly float* accumulate = accumulate;

    public Vector<float> At(long i)
    {
        var passes = Vector.GreaterThan(Vector.Load(y + i), Vector<float>.Zero);
        var dx = Vector.ConditionalSelect(passes, Vector.Load(dy + i), Vector<float>.Zero);
        return TAccumulate.On ? dx + Vector.Load(accumulate + i) : dx;
    }

    public float ScalarAt(long i)
    {
        var dx = y[i] > 0 ? dy[i] : 0;
        return TAccumulate.On ? dx + accumulate[i] : dx;
    }
}
