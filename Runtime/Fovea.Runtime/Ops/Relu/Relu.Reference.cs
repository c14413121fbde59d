namespace Fovea.Ops.Relu;

/// <summary>
/// Rectified linear unit, in double: the contract, and the oracle.
/// <code>
/// y = max(0, x)                    NaN stays NaN
/// dx = dy·[y > 0] (+ accumulate)   the derivative at 0 is 0, as in torch
/// </code>
/// Any shape. y may be x; dx may be dy or accumulate. Source: Nair and Hinton 2010.
/// </summary>
internal static class ReluReference
{
    public static void Forward(ReadOnlySpan<double> x, Span<double> y)
    {
        for (var i = 0; i < x.Length; i++)
        {
            y[i] = x[i] < 0 ? 0 : x[i];
        }
    }

    /// <summary><paramref name="accumulate"/> may be empty.</summary>
    public static void Backward(ReadOnlySpan<double> y, ReadOnlySpan<double> dy, ReadOnlySpan<double> accumulate, Span<double> dx)
    {
        for (var i = 0; i < y.Length; i++)
        {
            dx[i] = (y[i] > 0 ? dy[i] : 0) + (accumulate.IsEmpty ? 0 : accumulate[i]);
        }
    }
}
