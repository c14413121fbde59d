namespace Fovea.Ops.Norm;

/// <summary>
/// Group normalisation, in double: the contract, and the oracle of every fast form.
/// <code>
/// μ, σ² = mean and biased variance of x over the H·W cells and the C/G channels of a group of one image;  r = 1/√(σ² + ε);  x̂ = (x − μ)·r
/// y = γ[c]·x̂ + β[c]                                         then + residual, then max(0, ·) in the fused forms
/// dβ[c] = Σ dy,  dγ[c] = Σ dy·x̂                             over images and cells
/// dx = r·(γ·dy − mean(γ·dy) − x̂·mean(γ·dy·x̂))               means over the group
/// </code>
/// Shapes: x, y, dy, dx [N, cells, C]; γ, β [C]; μ, r [N, G]. y may be x or residual; dx may be dy. Gradients of γ and β overwrite or
/// accumulate.
/// Source: Wu and He 2018, section 3; torch.nn.GroupNorm.
/// </summary>
internal static class GroupNormReference
{
    public static void Forward(
        ReadOnlySpan<double> x,
        int images,
        int channels,
        int groups,
        ReadOnlySpan<double> gamma,
        ReadOnlySpan<double> beta,
        double epsilon,
        Span<double> y)
    {
        for (var n = 0; n < images; n++)
        {
            for (var g = 0; g < groups; g++)
            {
                var (mean, variance) = Moments(x, images, channels, groups, n, g);
                var inverse = 1 / Math.Sqrt(variance + epsilon);
                for (var c = g * channels / groups; c < (g + 1) * channels / groups; c++)
                {
                    foreach (var i in new ChannelIndices(x.Length, images, channels, n, c))
                    {
                        y[i] = (gamma[c] * (x[i] - mean) * inverse) + beta[c];
                    }
                }
            }
        }
    }

    public static void Backward(
        ReadOnlySpan<double> x,
        int images,
        int channels,
        int groups,
        ReadOnlySpan<double> gamma,
        double epsilon,
        ReadOnlySpan<double> dy,
        Span<double> dgamma,
        Span<double> dbeta,
        Span<double> dx)
    {
        var perGroup = channels / groups;
        double m = (double)x.Length / images / groups;
        for (var n = 0; n < images; n++)
        {
            for (var g = 0; g < groups; g++)
            {
                var (mean, variance) = Moments(x, images, channels, groups, n, g);
                var inverse = 1 / Math.Sqrt(variance + epsilon);
                double first = 0;
                double second = 0;
                for (var c = g * perGroup; c < (g + 1) * perGroup; c++)
                {
                    foreach (var i in new ChannelIndices(x.Length, images, channels, n, c))
                    {
                        var normalized = (x[i] - mean) * inverse;
                        dbeta[c] += dy[i];
                        dgamma[c] += dy[i] * normalized;
                        first += gamma[c] * dy[i] / m;
                        second += gamma[c] * dy[i] * normalized / m;
                    }
                }

                for (var c = g * perGroup; c < (g + 1) * perGroup; c++)
                {
                    foreach (var i in new ChannelIndices(x.Length, images, channels, n, c))
                    {
                        dx[i] = inverse * ((gamma[c] * dy[i]) - first - ((x[i] - mean) * inverse * second));
                    }
                }
            }
        }
    }

    private static (double Mean, double Variance) Moments(ReadOnlySpan<double> x, int images, int channels, int groups, int n, int g)
    {
        var perGroup = channels / groups;
        double m = (double)x.Length / images / groups;
        double mean = 0;
        double variance = 0;
        for (var c = g * perGroup; c < (g + 1) * perGroup; c++)
        {
            foreach (var i in new ChannelIndices(x.Length, images, channels, n, c))
            {
                mean += x[i] / m;
            }
        }

        for (var c = g * perGroup; c < (g + 1) * perGroup; c++)
        {
            foreach (var i in new ChannelIndices(x.Length, images, channels, n, c))
            {
                variance += (x[i] - mean) * (x[i] - mean) / m;
            }
        }

        return (mean, variance);
    }

    /// <summary>The elements x[n, :, :, c] of an NHWC tensor.</summary>
    private struct ChannelIndices(int length, int images, int channels, int n, int c)
    {
        private readonly int end = (n + 1) * (length / images);

        public int Current { get; private set; } = (n * (length / images)) + c - channels;

        public readonly ChannelIndices GetEnumerator() => this;

        public bool MoveNext() => (Current += channels) < end;
    }
}
