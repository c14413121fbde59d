namespace Fovea.CompilerServices;

public partial interface IBackend
{
    /// <summary>w' = w·s, b' = β − μ·s with s = γ/√(σ² + ε) per output channel. <paramref name="w"/> lies in the parameters, <paramref name="folded"/> in the folded buffer.</summary>
    void FoldBatchNorm(in ConvParameters w, in NormParameters norm, in ConvParameters folded);

    /// <summary>
    /// Turns dw' (which lies at <c>d.Weight</c>) into dw = dw'·s, in place, and, where <paramref name="dnorm"/> is given (its <c>Shift</c> already holds db'),
    /// writes dγ = Σ dw'·w/√(σ² + ε) − db'·μ/√(σ² + ε).
    /// <paramref name="dnorm"/> with <c>Scale</c> −1: γ and β are constants.
    /// </summary>
    void FoldBatchNormBackward(in ConvParameters w, in NormParameters norm, in ConvGradients d, in NormGradients dnorm);
}
