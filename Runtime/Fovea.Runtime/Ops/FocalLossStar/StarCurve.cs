using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Fovea.Ops.FocalLoss;

namespace Fovea.Ops.FocalLossStar;

/// <summary>
/// FL* as a function of z, which is x for a negative target and −x for a positive one, without cancellation for any logit:
/// <code>
/// u = γ·z − β   e = exp(−|u|)   loss = (max(u, 0) + log1p(e)) / γ          dloss/dz = σ(u)
/// </code>
/// </summary>
internal readonly struct StarCurve(float gamma, float beta) : ILossCurve
{
    private readonly float gamma = gamma;
    private readonly float beta = beta;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<float> Evaluate(Vector256<float> z, out Vector256<float> slope)
    {
        var u = Vector256.FusedMultiplyAdd(Vector256.Create(gamma), z, Vector256.Create(-beta));
        var e = FocalKernel.Exp(-Vector256.Abs(u));
        var r = Vector256<float>.One / (Vector256<float>.One + e);
        slope = Vector256.ConditionalSelect(Vector256.GreaterThan(u, Vector256<float>.Zero), r, e * r);
        return (Vector256.Max(u, Vector256<float>.Zero) + FocalKernel.Log1P(e)) / Vector256.Create(gamma);
    }
}
