namespace Fovea.Cpu.Gemm;

/// <summary>
/// As many floats as one vector register of an instruction set holds. Element-wise kernels are written once over it and compiled for each
/// width; their bits do not depend on the width. The matrix kernels have a body of their own for each width: over these lanes the compiler
/// puts a move beside most of their products.
/// </summary>
internal unsafe interface ILanes<TSelf>
    where TSelf : struct, ILanes<TSelf>
{
    /// <summary>Floats in a register.</summary>
    static abstract int Count { get; }

    static abstract TSelf operator +(TSelf left, TSelf right);

    static abstract TSelf operator -(TSelf left, TSelf right);

    static abstract TSelf operator *(TSelf left, TSelf right);

    static abstract TSelf Load(float* source);

    static abstract TSelf Broadcast(float value);

    /// <summary>max(0, value); a NaN stays.</summary>
    static abstract TSelf Relu(TSelf value);

    /// <summary>value where gate &gt; 0, else 0.</summary>
    static abstract TSelf KeepWherePositive(TSelf value, TSelf gate);

    /// <summary>a · b + c, fused where the machine fuses.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);

    static abstract float Sum(TSelf value);

    void Store(float* destination);

    /// <summary>Stores past the caches what is not read soon; <paramref name="destination"/> is aligned to the vector.</summary>
    void StoreStreaming(float* destination);
}
