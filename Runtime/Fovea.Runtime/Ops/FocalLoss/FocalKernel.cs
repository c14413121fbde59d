using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Ops.FocalLoss;

/// <summary>q ↦ q^γ, where ln q is known too.</summary>
internal interface IFocusing
{
    Vector256<float> Raise(Vector256<float> q, Vector256<float> logarithm);
}

/// <summary>γ = 0: cross-entropy.</summary>
internal readonly struct NoFocusing : IFocusing
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<float> Raise(Vector256<float> q, Vector256<float> logarithm) => Vector256<float>.One;
}

/// <summary>γ = 1.</summary>
internal readonly struct LinearFocusing : IFocusing
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<float> Raise(Vector256<float> q, Vector256<float> logarithm) => q;
}

/// <summary>γ = 2: the paper's.</summary>
internal readonly struct SquareFocusing : IFocusing
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<float> Raise(Vector256<float> q, Vector256<float> logarithm) => q * q;
}

/// <summary>Any γ: exp(γ·ln q).</summary>
internal readonly struct PowerFocusing(float gamma) : IFocusing
{
    private readonly float gamma = gamma;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<float> Raise(Vector256<float> q, Vector256<float> logarithm) => FocalKernel.Exp(Vector256.Create(gamma) * logarithm);
}

/// <summary>A classification loss of one logit as a function of z, which is x for a negative target and −x for a positive one.</summary>
internal interface ILossCurve
{
    /// <summary>The loss and its derivative.</summary>
    Vector256<float> Evaluate(Vector256<float> z, out Vector256<float> slope);
}

/// <summary>
/// Focal loss, without cancellation for any logit. For a negative target z = x, for a positive one z = −x; then
/// <code>
/// e = exp(−|z|)   q = σ(z) = 1 − p_t   ce = softplus(z) = max(z, 0) + log1p(e)   ln q = min(z, 0) − log1p(e)
/// loss = q^γ · ce          dloss/dz = q^γ · (γ·(1 − q)·ce + q)
/// </code>
/// One exponential, two divisions and a polynomial for each element. γ &lt; 1 is no special case: q^(γ−1) never appears.
/// </summary>
internal readonly struct FocalCurve<TFocusing>(float gamma, TFocusing focusing) : ILossCurve
    where TFocusing : struct, IFocusing
{
    private readonly float gamma = gamma;
    private readonly TFocusing focusing = focusing;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<float> Evaluate(Vector256<float> z, out Vector256<float> slope)
    {
        var e = FocalKernel.Exp(-Vector256.Abs(z));
        var r = Vector256<float>.One / (Vector256<float>.One + e);
        var er = e * r;
        var isPositive = Vector256.GreaterThan(z, Vector256<float>.Zero);
        var q = Vector256.ConditionalSelect(isPositive, r, er);
        var p = Vector256.ConditionalSelect(isPositive, er, r);
        var log = FocalKernel.Log1P(e);
        var ce = Vector256.Max(z, Vector256<float>.Zero) + log;
        var power = focusing.Raise(q, Vector256.Min(z, Vector256<float>.Zero) - log);
        slope = power * Vector256.FusedMultiplyAdd(Vector256.Create(gamma) * p, ce, q);
        return power * ce;
    }
}

/// <summary>Sums a loss over logits, eight at a time.</summary>
internal static unsafe class FocalKernel
{
    private const int Lanes = 8;

    /// <summary>Below this exp is 0 in normal float32 numbers.</summary>
    private const float LeastExponent = -87;

    /// <summary>Σ over logits with negative targets; writes their gradients times <paramref name="scale"/>.</summary>
    public static double Negatives<TCurve>(float* logits, int count, TCurve curve, float scale, float* gradients)
        where TCurve : struct, ILossCurve
    {
        var low = Vector256<double>.Zero;
        var high = Vector256<double>.Zero;
        var scales = Vector256.Create(scale);
        var i = 0;
        for (; i <= count - Lanes; i += Lanes)
        {
            var loss = curve.Evaluate(Vector256.Load(logits + i), out var gradient);
            (gradient * scales).Store(gradients + i);
            var (l, h) = Vector256.Widen(loss);
            low += l;
            high += h;
        }

        var sum = Vector256.Sum(low + high);
        if (i < count)
        {
            sum += Tail(logits + i, count - i, curve, scale, gradients + i);
        }

        return sum;
    }

    /// <summary>The loss of one logit with a positive target; writes its gradient times <paramref name="scale"/>.</summary>
    public static double Positive<TCurve>(float logit, TCurve curve, float scale, float* gradient)
        where TCurve : struct, ILossCurve
    {
        var loss = curve.Evaluate(Vector256.Create(-logit), out var slope);
        *gradient = -slope[0] * scale;
        return loss[0];
    }

    /// <summary>exp(x) for x ≤ 88, about 1 unit in the last place; 0 below −87.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp(Vector256<float> x)
    {
        // x = n·ln 2 + r, |r| ≤ ln 2 / 2; ln 2 in two parts, the first with few bits. Polynomial: Cephes, expf.c.
        var clamped = Vector256.Max(x, Vector256.Create(LeastExponent));
        var n = Vector256.Round(clamped * Vector256.Create(1.44269504f));
        var r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-0.693359375f), clamped);
        r = Vector256.FusedMultiplyAdd(n, Vector256.Create(2.12194440e-4f), r);
        var p = Vector256.Create(1.9875691500e-4f);
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.3981999507e-3f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(8.3334519073e-3f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(4.1665795894e-2f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.6666665459e-1f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(5.0000001201e-1f));
        p = Vector256.FusedMultiplyAdd(p, r * r, r) + Vector256<float>.One;
        var power = (Vector256.ConvertToInt32(n) + Vector256.Create(127)) << 23;
        return Vector256.AndNot(p * power.AsSingle(), Vector256.LessThan(x, Vector256.Create(LeastExponent)));
    }

    /// <summary>
    /// ln(1 + e) for 0 ≤ e ≤ 1, relative error about 2e-7: 2·artanh(t), t = e / (2 + e) ≤ 1/3, whose series ends at t¹⁵ (remainder 2e-9).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Log1P(Vector256<float> e)
    {
        var t = e / (e + Vector256.Create(2f));
        var s = t * t;
        var p = Vector256.Create(1f / 15);
        p = Vector256.FusedMultiplyAdd(p, s, Vector256.Create(1f / 13));
        p = Vector256.FusedMultiplyAdd(p, s, Vector256.Create(1f / 11));
        p = Vector256.FusedMultiplyAdd(p, s, Vector256.Create(1f / 9));
        p = Vector256.FusedMultiplyAdd(p, s, Vector256.Create(1f / 7));
        p = Vector256.FusedMultiplyAdd(p, s, Vector256.Create(1f / 5));
        p = Vector256.FusedMultiplyAdd(p, s, Vector256.Create(1f / 3));
        p = Vector256.FusedMultiplyAdd(p, s, Vector256<float>.One);
        return (t + t) * p;
    }

    private static double Tail<TCurve>(float* logits, int count, TCurve curve, float scale, float* gradients)
        where TCurve : struct, ILossCurve
    {
        var padded = stackalloc float[Lanes];
        new Span<float>(padded, Lanes).Clear();
        new ReadOnlySpan<float>(logits, count).CopyTo(new Span<float>(padded, Lanes));
        var loss = curve.Evaluate(Vector256.Load(padded), out var gradient);
        var sum = 0.0;
        for (var lane = 0; lane < count; lane++)
        {
            sum += loss[lane];
            gradients[lane] = gradient[lane] * scale;
        }

        return sum;
    }
}
