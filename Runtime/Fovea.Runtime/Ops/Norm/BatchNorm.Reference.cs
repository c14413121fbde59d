using Fovea.CompilerServices;

namespace Fovea.Ops.Norm;

/// <summary>
/// Batch normalisation with batch statistics, in double: the contract, and the oracle of every fast form.
/// <code>
/// μ = mean(x), σ² = mean((x − μ)²), r = 1/√(σ² + ε)        over the N·H·W cells of a channel
/// y = γ·(x − μ)·r + β                                       then + residual, then max(0, ·) in the fused forms
/// running ← (1 − m)·running + m·(μ, σ²·n/(n − 1))           n = N·H·W
/// dβ = Σ dy,  dγ = Σ dy·x̂,  dx = γ·r·(dy − mean(dy) − x̂·mean(dy·x̂))        x̂ = (x − μ)·r
/// </code>
/// Shapes: x, y, dy, dx [cells, C]; γ, β, μ, r [C]. y may be x or residual; dx may be dy. Gradients of γ and β overwrite or accumulate as
/// <see cref="NormGradients.Accumulate"/> says. Behind a ReLU, dy·[y &gt; 0] takes the place of dy.
/// Source: Ioffe and Szegedy 2015, algorithm 1; torch.nn.BatchNorm2d for the running statistics.
/// </summary>
internal static class BatchNormReference
{
    public static void Forward(
        ReadOnlySpan<double> x, int channels, ReadOnlySpan<double> gamma, ReadOnlySpan<double> beta, double epsilon, Span<double> y)
    {
        for (var c = 0; c < channels; c++)
        {
            var (mean, variance) = Moments(x, channels, c);
            var inverse = 1 / Math.Sqrt(variance + epsilon);
            for (var i = c; i < x.Length; i += channels)
            {
                y[i] = (gamma[c] * (x[i] - mean) * inverse) + beta[c];
            }
        }
    }

    public static void UpdateRunning(
        ReadOnlySpan<double> x, int channels, double momentum, Span<double> runningMean, Span<double> runningVariance)
    {
        double n = x.Length / channels;
        for (var c = 0; c < channels; c++)
        {
            var (mean, variance) = Moments(x, channels, c);
            runningMean[c] = ((1 - momentum) * runningMean[c]) + (momentum * mean);
            runningVariance[c] = ((1 - momentum) * runningVariance[c]) + (momentum * variance * n / Math.Max(1, n - 1));
        }
    }

    public static void Backward(
        ReadOnlySpan<double> x,
        int channels,
        ReadOnlySpan<double> gamma,
        double epsilon,
        ReadOnlySpan<double> dy,
        Span<double> dgamma,
        Span<double> dbeta,
        Span<double> dx)
    {
        double n = x.Length / channels;
        for (var c = 0; c < channels; c++)
        {
            var (mean, variance) = Moments(x, channels, c);
            var inverse = 1 / Math.Sqrt(variance + epsilon);
            double sum = 0;
            double dot = 0;
            for (var i = c; i < x.Length; i += channels)
            {
                sum += dy[i];
                dot += dy[i] * (x[i] - mean) * inverse;
            }

            dgamma[c] += dot;
            dbeta[c] += sum;
            for (var i = c; i < x.Length; i += channels)
            {
                var normalized = (x[i] - mean) * inverse;
                dx[i] = gamma[c] * inverse * (dy[i] - (sum / n) - (normalized * dot / n));
            }
        }
    }

    /// <summary>Mean and biased variance of a channel, in two passes.</summary>
    public static (double Mean, double Variance) Moments(ReadOnlySpan<double> x, int channels, int c)
    {
        double n = x.Length / channels;
        double mean = 0;
        for (var i = c; i < x.Length; i += channels)
        {
            mean += x[i] / n;
        }

        double variance = 0;
        for (var i = c; i < x.Length; i += channels)
        {
            variance += (x[i] - mean) * (x[i] - mean) / n;
        }

        return (mean, variance);
    }
}
