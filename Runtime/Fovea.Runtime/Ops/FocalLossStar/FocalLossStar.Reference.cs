using Fovea.CompilerServices;
using Fovea.Detection;

namespace Fovea.Ops.FocalLossStar;

/// <summary>
/// FL*, one element at a time in double: what the kernels are tested against.
/// <code>
/// x_t = x for a positive target, −x for a negative one
/// FL* = −ln σ(γ·x_t + β) / γ          dFL*/dx_t = σ(γ·x_t + β) − 1
/// </code>
/// </summary>
/// <remarks>Source: arXiv:1708.02002, appendix A and B, equations 6, 7 and 9.</remarks>
internal static class FocalStarReference
{
    /// <summary>Loss and gradient of one logit, unweighted.</summary>
    public static (double Loss, double Gradient) Element(double logit, bool isPositive, double gamma, double beta)
    {
        // −ln σ(u) = softplus(−u) and σ(u) − 1 = −σ(−u), each from the exponential that does not overflow.
        var z = -((gamma * (isPositive ? logit : -logit)) + beta);
        var e = Math.Exp(-Math.Abs(z));
        var q = (z > 0 ? 1 : e) / (1 + e);
        var log1p = e < 1e-5 ? e - (e * e / 2) : Math.Log(1 + e);
        return ((Math.Max(z, 0) + log1p) / gamma, isPositive ? -q : q);
    }

    /// <summary>The weighted loss of one image's logits <c>[anchors, K]</c>, and their gradients.</summary>
    /// <param name="logits"><c>[anchors, K]</c>.</param>
    /// <param name="matches">One for each anchor.</param>
    /// <param name="classes">Of the ground truth.</param>
    /// <param name="rule">γ, β, K, weight.</param>
    /// <param name="imageWeight">The image's loss weight.</param>
    /// <param name="gradients">Receives <c>[anchors, K]</c>.</param>
    public static double Image(
        ReadOnlySpan<float> logits, ReadOnlySpan<int> matches, ReadOnlySpan<int> classes, in FocalStarRule rule, double imageWeight,
        Span<double> gradients)
    {
        var sum = 0.0;
        for (var a = 0; a < matches.Length; a++)
        {
            for (var k = 0; k < rule.Classes; k++)
            {
                var at = (a * rule.Classes) + k;
                gradients[at] = 0;
                if (matches[a] != Matcher.Ignored)
                {
                    var isPositive = matches[a] >= 0 && classes[matches[a]] == k;
                    var (loss, gradient) = Element(logits[at], isPositive, rule.Gamma, rule.Beta);
                    sum += loss;
                    gradients[at] = gradient * imageWeight * rule.Weight;
                }
            }
        }

        return sum * imageWeight * rule.Weight;
    }
}
