using Fovea.CompilerServices;
using Fovea.Detection;

namespace Fovea.Ops.FocalLoss;

/// <summary>
/// Sigmoid focal loss, one element at a time in double: what the kernels are tested against.
/// <code>
/// z = −x for a positive target, x for a negative one
/// FL = −α_t (1 − p_t)^γ ln p_t = α_t · σ(z)^γ · softplus(z)
/// </code>
/// </summary>
/// <remarks>
/// Source: arXiv:1708.02002, equations 3 to 5; torchvision/ops/focal_loss.py (0.14), whose float32 form cancels to 0 where 1 − p_t &lt;
/// 6e-8.
/// </remarks>
internal static class FocalReference
{
    /// <summary>Loss and gradient of one logit.</summary>
    public static (double Loss, double Gradient) Element(double logit, bool isPositive, double alpha, double gamma)
    {
        var weight = alpha < 0 ? 1 : isPositive ? alpha : 1 - alpha;
        var z = isPositive ? -logit : logit;

        // σ(z), σ(−z) and ln(1 + exp z), each from the exponential that does not overflow.
        var e = Math.Exp(-Math.Abs(z));
        var q = (z > 0 ? 1 : e) / (1 + e);
        var p = (z > 0 ? e : 1) / (1 + e);
        var log1p = e < 1e-5 ? e - e * e / 2 : Math.Log(1 + e);
        var ce = Math.Max(z, 0) + log1p;
        var power = gamma == 0 ? 1 : Math.Exp(gamma * (Math.Min(z, 0) - log1p));
        var slope = weight * power * (gamma * p * ce + q);
        return (weight * power * ce, isPositive ? -slope : slope);
    }

    /// <summary>The weighted loss of one image's logits <c>[anchors, K]</c>, and their gradients.</summary>
    /// <param name="logits"><c>[anchors, K]</c>.</param>
    /// <param name="matches">One for each anchor.</param>
    /// <param name="classes">Of the ground truth.</param>
    /// <param name="rule">α, γ, K, weight.</param>
    /// <param name="imageWeight">The image's loss weight.</param>
    /// <param name="gradients">Receives <c>[anchors, K]</c>.</param>
    public static double Image(
        ReadOnlySpan<float> logits, ReadOnlySpan<int> matches, ReadOnlySpan<int> classes, in FocalRule rule, double imageWeight,
        Span<double> gradients)
    {
        var sum = 0.0;
        for (var a = 0; a < matches.Length; a++)
        {
            for (var k = 0; k < rule.Classes; k++)
            {
                var at = a * rule.Classes + k;
                gradients[at] = 0;
                if (matches[a] != Matcher.Ignored)
                {
                    var isPositive = matches[a] >= 0 && classes[matches[a]] == k;
                    var (loss, gradient) = Element(logits[at], isPositive, rule.Alpha, rule.Gamma);
                    sum += loss;
                    gradients[at] = gradient * imageWeight * rule.Weight;
                }
            }
        }

        return sum * imageWeight * rule.Weight;
    }
}
