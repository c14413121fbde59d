using System.ComponentModel;

namespace Fovea.CompilerServices;

/// <summary>Which of a model's buffers a parameter handle points into.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public enum ParameterStorage : byte
{
    /// <summary>What is learned, then what is frozen: one contiguous buffer. Gradients use the same offsets.</summary>
    Parameters,

    /// <summary>Weights with their normalisation folded in, derived from the parameters and refreshed after they change.</summary>
    Folded,
}

/// <summary>How a convolution should be computed. A hint: a backend may ignore it, and must where its form does not apply.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public enum ConvAlgorithm : byte
{
    /// <summary>1×1, stride 1: the activations are the matrix.</summary>
    Gemm,

    /// <summary>Rows gathered through pointers, any kernel and stride.</summary>
    IndirectGemm,

    /// <summary>3×3, stride 1: Winograd F(4×4, 3×3).</summary>
    Winograd4,

    /// <summary>Groups: blocks of whole groups as one block-diagonal matrix.</summary>
    Grouped,
}

/// <summary>
/// A handle to the weights <c>[Cout, R, S, Cin / groups]</c> and bias <c>[Cout]</c> of a convolution, with its geometry.
/// </summary>
/// <param name="Storage">The buffer that holds both.</param>
/// <param name="Weight">First element of the weights.</param>
/// <param name="Bias">First element of the bias, or −1 for none.</param>
/// <param name="InChannels">Cin.</param>
/// <param name="OutChannels">Cout.</param>
/// <param name="Kernel">R = S.</param>
/// <param name="Stride">In cells, both axes.</param>
/// <param name="Padding">Zeros on each side.</param>
/// <param name="Groups">1 for a dense convolution.</param>
/// <param name="Algorithm">The compiler's hint.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct ConvParameters(
    ParameterStorage Storage, int Weight, int Bias, int InChannels, int OutChannels, int Kernel, int Stride, int Padding, int Groups, ConvAlgorithm Algorithm)
{
    /// <summary>Whether there is a bias.</summary>
    public bool HasBias => Bias >= 0;

    /// <summary>Cout · R · S · Cin / groups.</summary>
    public int WeightLength => OutChannels * Kernel * Kernel * (InChannels / Groups);
}

/// <summary>Where the gradients of a convolution go: offsets in the gradient buffer.</summary>
/// <param name="Weight">First element of dW.</param>
/// <param name="Bias">First element of db, or −1 for none.</param>
/// <param name="Accumulate">Add to what is there (a later use of shared weights) instead of overwriting it.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct ConvGradients(int Weight, int Bias, bool Accumulate = false)
{
    /// <summary>The same place, to be added to.</summary>
    public ConvGradients Accumulating => this with { Accumulate = true };
}

/// <summary>
/// A handle to a normalisation: scale and shift <c>[C]</c> in the parameter buffer, running mean and variance <c>[C]</c> in the statistics buffer.
/// </summary>
/// <param name="Scale">First element of γ.</param>
/// <param name="Shift">First element of β.</param>
/// <param name="Mean">First element of the running mean in the statistics buffer, or −1 (group normalisation).</param>
/// <param name="Variance">First element of the running variance, or −1.</param>
/// <param name="Channels">C.</param>
/// <param name="Groups">Groups of a group normalisation; 0 for batch normalisation.</param>
/// <param name="Epsilon">Added to the variance.</param>
/// <param name="Momentum">Weight of the new batch in the running statistics (torch's convention, 0.1).</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct NormParameters(int Scale, int Shift, int Mean, int Variance, int Channels, int Groups, float Epsilon, float Momentum);

/// <summary>Where the gradients of a normalisation go: offsets in the gradient buffer.</summary>
/// <param name="Scale">First element of dγ.</param>
/// <param name="Shift">First element of dβ.</param>
/// <param name="Accumulate">Add to what is there instead of overwriting it.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct NormGradients(int Scale, int Shift, bool Accumulate = false)
{
    /// <summary>γ and β are constants: their gradients are not written.</summary>
    public static NormGradients None => new(-1, -1);

    /// <summary>The same place, to be added to.</summary>
    public NormGradients Accumulating => this with { Accumulate = true };
}

/// <summary>A run of elements of the parameter buffer (and of the gradient and optimiser buffers at the same place).</summary>
/// <param name="Offset">First element.</param>
/// <param name="Length">Elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct ParameterRange(int Offset, int Length);
