using Fovea.Generator.Graph.Ops;

namespace Fovea.Generator.Graph;

/// <summary>First values of a convolution's weights.</summary>
internal enum ConvInitializer
{
    KaimingNormalFanOut,
    KaimingUniform,
    Normal001,
}

/// <summary>Weights [Cout, R, S, Cin/groups] and, where it has one, a bias. How they are applied is the convolution's.</summary>
/// <param name="groupChannels">Cin/groups.</param>
internal sealed class ConvWeights(string key, Block block, string role, int groupChannels, int outChannels, int kernel, bool hasBias)
    : Parameter(key, block, role)
{
    /// <summary>Cin/groups.</summary>
    public int GroupChannels { get; } = groupChannels;

    public int OutChannels { get; } = outChannels;

    public int Kernel { get; } = kernel;

    /// <summary>A learned bias of its own. A folded convolution gets one from its norm.</summary>
    public bool HasBias { get; } = hasBias;

    public ConvInitializer Initializer { get; set; } = ConvInitializer.KaimingNormalFanOut;

    /// <summary>First value of the bias.</summary>
    public double InitialBias { get; set; }

    public long WeightCount => (long)OutChannels * Kernel * Kernel * GroupChannels;

    public override string HandlePrefix => "Conv";

    public override long MainLength => WeightCount;

    public override long SecondLength => HasBias ? OutChannels : 0;

    public override int FoldedBiasLength => OutChannels;

    public override CodeValue.Object Handle(ParameterPlace place, ParameterUse use, bool folded)
    {
        var (geometry, algorithm) = As<ConvUse>(use);
        return new(
            ("", new CodeValue.Member("ParameterStorage." + (folded ? "Folded" : "Parameters"))),
            ("Weight", folded ? place.FoldedWeight : place.Main), ("Bias", folded ? place.FoldedBias : place.Second),
            ("", GroupChannels * geometry.Groups), ("", OutChannels),
            ("Kernel", Kernel), ("Stride", geometry.Stride), ("Padding", geometry.Padding), ("Groups", geometry.Groups),
            ("", new CodeValue.Member("ConvAlgorithm." + algorithm)));
    }

    public override string Describe(ParameterUse use)
    {
        var geometry = As<ConvUse>(use).Geometry;
        return $"{OutChannels} {GroupChannels * geometry.Groups} {Kernel} {geometry.Stride} {geometry.Groups} {HasBias}";
    }

    public override IEnumerable<StoredTensor> Tensors(ParameterPlace place)
    {
        var (initializer, value) = Initializer == ConvInitializer.Normal001 ? ("Normal", 0.01f) : (Initializer.ToString(), 0f);
        yield return new("weight", "ConvWeight", false, place.Main, [OutChannels, GroupChannels, Kernel, Kernel], initializer, value);
        if (HasBias)
        {
            yield return new("bias", "ConvBias", false, place.Second, [OutChannels], "Constant", (float)InitialBias);
        }
    }
}
