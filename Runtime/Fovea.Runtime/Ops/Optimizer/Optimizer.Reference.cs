using Fovea.CompilerServices;

namespace Fovea.Ops.Optimizer;

/// <summary>
/// The optimisers' rules for one element, in double: the contract, and the oracle.
/// <code>
/// SGD    g ← g + λ·p;  first step: buffer ← g, later: buffer ← μ·buffer + g
///        p ← p − η·buffer   (Nesterov: p − η·(g + μ·buffer); μ = 0: p − η·g)
/// Adam   AdamW: p ← p·(1 − η·λ); Adam: g ← g + λ·p
///        m ← β₁·m + (1 − β₁)·g;  v ← β₂·v + (1 − β₂)·g²;  AMSGrad: v̂ ← max(v̂, v), else v̂ = v
///        p ← p − η/(1 − β₁ᵗ) · m / (√v̂/√(1 − β₂ᵗ) + ε)
/// Norm   √Σ g²;  clipping multiplies g by min(1, max/(norm + 1e-6))
/// Sum    Σ ← g of the first batch, Σ + g of later ones;  of the last of n batches g ← (Σ + g)/n
/// Mean   a ← a + (1 − d)·(w − a): what does not move stays to the bit, as d·a + (1 − d)·w would not
/// </code>
/// Each step reads gradients and overwrites parameters and moments in place, over a run of the contiguous buffers.
/// Source: torch.optim.SGD, Adam, AdamW (1.13, single tensor); Kingma and Ba 2015; Loshchilov and Hutter 2019; Reddi et al. 2018;
/// of averages Polyak and Juditsky 1992, timm.utils.ModelEmaV3 (lerp).
/// </summary>
internal static class OptimizerReference
{
    public static void SgdStep(in SgdRule rule, double gradient, ref double parameter, ref double buffer)
    {
        var g = gradient + (rule.WeightDecay * parameter);
        if (rule.Momentum != 0)
        {
            buffer = rule.First ? g : (rule.Momentum * buffer) + g;
            g = rule.Nesterov ? g + (rule.Momentum * buffer) : buffer;
        }

        parameter -= rule.LearningRate * g;
    }

    public static void AdamStep(
        in AdamRule rule, double gradient, ref double parameter, ref double first, ref double second, ref double greatest)
    {
        var g = gradient;
        if (rule.Decoupled)
        {
            parameter *= 1 - ((double)rule.LearningRate * rule.WeightDecay);
        }
        else
        {
            g += rule.WeightDecay * parameter;
        }

        first = (rule.Beta1 * first) + ((1.0 - rule.Beta1) * g);
        second = (rule.Beta2 * second) + ((1.0 - rule.Beta2) * g * g);
        greatest = rule.AmsGrad ? Math.Max(greatest, second) : second;
        var step = rule.LearningRate / (1 - Math.Pow(rule.Beta1, rule.Step));
        parameter -= step * first / ((Math.Sqrt(greatest) / Math.Sqrt(1 - Math.Pow(rule.Beta2, rule.Step))) + rule.Epsilon);
    }

    /// <returns>The sum with this batch's gradient.</returns>
    public static double Accumulate(double sum, double gradient, bool first) => first ? gradient : sum + gradient;

    /// <returns>The mean of the batches in the sum and the last.</returns>
    public static double Mean(double sum, double gradient, int batches) => (sum + gradient) / batches;

    /// <returns>The average, moved towards the value.</returns>
    public static double Average(double average, double value, double rate) => average + (rate * (value - average));

    public static double GradientNorm(ReadOnlySpan<double> gradients)
    {
        double sum = 0;
        foreach (var g in gradients)
        {
            sum += g * g;
        }

        return Math.Sqrt(sum);
    }
}
