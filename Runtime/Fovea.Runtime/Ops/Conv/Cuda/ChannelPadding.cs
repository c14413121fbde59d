using Fovea.CompilerServices;

namespace Fovea.Ops.Conv;

/// <summary>
/// A convolution whose channels are filled up to whole 16 bytes, as tensor cores and wide loads want them: 3 channels of an image, or the
/// A·K and A·4 of the heads. What is added is zeros, which change no result.
/// </summary>
/// <param name="Convolution">As the network has it.</param>
/// <param name="In">Input channels with the padding.</param>
/// <param name="Out">Output channels with the padding.</param>
internal readonly record struct ChannelPadding(ConvParameters Convolution, int In, int Out)
{
    /// <summary>Whether input channels were added.</summary>
    public bool PadsIn => In != Convolution.InChannels;

    /// <summary>Whether output channels were added.</summary>
    public bool PadsOut => Out != Convolution.OutChannels;

    /// <summary>Whether anything was added.</summary>
    public bool IsNeeded => PadsIn || PadsOut;

    /// <summary>The convolution with all channels.</summary>
    public ConvParameters Padded => Convolution with { InChannels = In, OutChannels = Out };

    /// <summary>Kernel height · kernel width.</summary>
    public int Taps => Convolution.Kernel * Convolution.Kernel;

    /// <summary>Weights with the padding.</summary>
    public long WeightLength => (long)Out * Taps * (In / Convolution.Groups);

    /// <summary>The least padding to multiples of some channels.</summary>
    public static ChannelPadding To(int lanes, in ConvParameters w) =>
        new(w, RoundUp(w.InChannels, lanes), RoundUp(w.OutChannels, lanes));

    private static int RoundUp(int channels, int lanes) => (channels + lanes - 1) / lanes * lanes;
}
