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

    public override string Maker =>
        """
        private static ConvParameters Conv(
            int weight, int bias, int inputs, int outputs, int kernel, int stride, int groups, ConvAlgorithm algorithm) =>
            new(ParameterStorage.Parameters, weight, bias, inputs, outputs, kernel, stride, Padding: kernel / 2, groups, algorithm);
        """;

    public override IEnumerable<(string Name, CodeValue Value)> FirstValues
    {
        get
        {
            var isNormal = Initializer == ConvInitializer.Normal001;
            yield return ("", new CodeValue.Member("Initializer." + (isNormal ? "Normal" : Initializer.ToString())));
            if (isNormal)
            {
                yield return ("", 0.01);
            }

            if (InitialBias != 0)
            {
                yield return ("bias", InitialBias);
            }
        }
    }

    /// <summary>Its maker knows that the padding is "same".</summary>
    public override CodeValue.Call Handle(ParameterPlace place, ParameterUse use)
    {
        var (geometry, algorithm) = As<ConvUse>(use);
        return new(
            "Conv", ("weight", place.Main), ("bias", place.Second), ("", GroupChannels * geometry.Groups), ("", OutChannels),
            ("kernel", Kernel), ("stride", geometry.Stride), ("groups", geometry.Groups),
            ("", new CodeValue.Member("ConvAlgorithm." + algorithm)));
    }

    public override string Describe(ParameterUse use)
    {
        var geometry = As<ConvUse>(use).Geometry;
        return $"{OutChannels} {GroupChannels * geometry.Groups} {Kernel} {geometry.Stride} {geometry.Groups} {HasBias}";
    }
}
