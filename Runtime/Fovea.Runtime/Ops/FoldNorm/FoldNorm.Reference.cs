namespace Fovea.Ops.FoldNorm;

/// <summary>
/// A convolution that absorbs the normalisation with fixed statistics behind it, in double: the contract, and the oracle of every fast form.
/// <code>
/// s = γ / √(σ² + ε)
/// w' = w·s,  b' = β + (b − μ)·s                            of each output channel; b is 0 where the convolution has none
/// dw = dw'·s,  dγ = (Σ dw'·w + db'·(b − μ)) / √(σ² + ε),  dβ = db'
/// </code>
/// Shapes: w, w', dw, dw' [Cout, R·S·Cin/groups]; b, b', β, γ, μ, σ² and their gradients [Cout]. dw takes the place of dw', and db' lies
/// where dβ goes; dγ overwrites or accumulates as <see cref="CompilerServices.NormGradients.Accumulate"/> says, and is left alone where γ
/// and β are constants.
/// Source: from y = γ·(x∗w + b − μ)/√(σ² + ε) + β, which is linear in x, by the product rule; arXiv:1712.05877, section 3.2, for the fold.
/// </summary>
internal static class FoldNormReference
{
    /// <summary>w' and b'.</summary>
    public static void Forward(in Operands o, Span<double> foldedWeights, Span<double> foldedBias)
    {
        var filter = o.Filter;
        for (var c = 0; c < o.Scale.Length; c++)
        {
            var s = o.Scale[c] * o.Reciprocal(c);
            for (var i = c * filter; i < (c + 1) * filter; i++)
            {
                foldedWeights[i] = o.Weights[i] * s;
            }

            foldedBias[c] = o.Shift[c] + (o.CentredBias(c) * s);
        }
    }

    /// <summary>dw in the place of dw', and dγ; dβ is db' as it lies.</summary>
    /// <param name="o">The same operands as forward's.</param>
    /// <param name="dshift">db'.</param>
    /// <param name="dweights">dw', then dw.</param>
    /// <param name="dscale">dγ; empty where γ and β are constants.</param>
    /// <param name="accumulate">Whether dγ is added to what is there.</param>
    public static void Backward(
        in Operands o, ReadOnlySpan<float> dshift, Span<double> dweights, Span<double> dscale, bool accumulate = false)
    {
        var filter = o.Filter;
        for (var c = 0; c < o.Scale.Length; c++)
        {
            var dot = 0.0;
            for (var i = c * filter; i < (c + 1) * filter; i++)
            {
                dot += dweights[i] * o.Weights[i];
                dweights[i] *= o.Scale[c] * o.Reciprocal(c);
            }

            if (!dscale.IsEmpty)
            {
                dscale[c] = (accumulate ? dscale[c] : 0) + ((dot + (dshift[c] * o.CentredBias(c))) * o.Reciprocal(c));
            }
        }
    }

    /// <summary>A convolution's filters and the norm behind them.</summary>
    public readonly ref struct Operands
    {
        /// <summary>w [Cout, R·S·Cin/groups].</summary>
        public required ReadOnlySpan<float> Weights { get; init; }

        /// <summary>b [Cout]; empty where the convolution has none.</summary>
        public ReadOnlySpan<float> Bias { get; init; }

        /// <summary>γ [Cout].</summary>
        public required ReadOnlySpan<float> Scale { get; init; }

        /// <summary>β [Cout].</summary>
        public required ReadOnlySpan<float> Shift { get; init; }

        /// <summary>μ [Cout].</summary>
        public required ReadOnlySpan<float> Mean { get; init; }

        /// <summary>σ² [Cout].</summary>
        public required ReadOnlySpan<float> Variance { get; init; }

        /// <summary>ε.</summary>
        public required double Epsilon { get; init; }

        /// <summary>Weights of one output channel.</summary>
        public int Filter => Weights.Length / Scale.Length;

        /// <summary>1/√(σ² + ε).</summary>
        public double Reciprocal(int channel) => 1 / Math.Sqrt(Variance[channel] + Epsilon);

        /// <summary>b − μ.</summary>
        public double CentredBias(int channel) => (Bias.IsEmpty ? 0.0 : Bias[channel]) - Mean[channel];
    }
}
