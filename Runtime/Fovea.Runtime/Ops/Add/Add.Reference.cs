namespace Fovea.Ops.Add;

/// <summary>
/// Sum of two maps, in double: the contract, and the oracle. <c>y = a + b</c>; the gradient of both is dy itself, so backward needs no op.
/// Any shape; y may be a or b.
/// </summary>
internal static class AddReference
{
    public static void Forward(ReadOnlySpan<double> a, ReadOnlySpan<double> b, Span<double> y)
    {
        for (var i = 0; i < a.Length; i++)
        {
            y[i] = a[i] + b[i];
        }
    }
}
