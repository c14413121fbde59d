using System.Numerics;
using Fovea.Cpu;

namespace Fovea.Ops.Add;

/// <summary>a + b.</summary>
internal readonly unsafe struct AddOperator(float* a, float* b) : IElementwise
{
    private readonly float* a = a;
    private readonly float* b = b;

    public Vector<float> At(long i) => Vector.Load(a + i) + Vector.Load(b + i);

    public float ScalarAt(long i) => a[i] + b[i];
}
