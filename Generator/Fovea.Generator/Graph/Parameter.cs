namespace Fovea.Generator.Graph;

/// <summary>
/// Something learned or loaded, held by the block that declares it; shared heads are declared once and used on every level.
/// </summary>
internal abstract class Parameter(string key, Block block, string role)
{
    /// <summary>torchvision's key prefix: <c>backbone.body.layer1.0.conv1</c>.</summary>
    public string Key { get; } = key;

    public Block Block { get; } = block;

    /// <summary>Its name in the block's parameter struct: Conv1, Norm1, Shortcut, ShortcutNorm.</summary>
    public string Role { get; } = role;

    /// <summary>Whether it lies in a frozen stage (or is the affine part of a frozen norm): no gradient is emitted for it.</summary>
    public bool Frozen { get; set; }

    public override string ToString() => Key;
}

/// <summary>First values of a convolution's weights.</summary>
internal enum ConvInitializer
{
    KaimingNormalFanOut,
    KaimingUniform,
    Normal001,
}

/// <summary>Weights [Cout, R, S, Cin/groups] and, where it has one, a bias.</summary>
internal sealed class ConvWeights(
    string key, Block block, string role, int inChannels, int outChannels, int kernel, int stride, int padding, int groups, bool hasBias)
    : Parameter(key, block, role)
{
    public int InChannels { get; } = inChannels;

    public int OutChannels { get; } = outChannels;

    public int Kernel { get; } = kernel;

    public int Stride { get; } = stride;

    public int Padding { get; } = padding;

    public int Groups { get; } = groups;

    /// <summary>A learned bias of its own. A folded convolution gets one from its norm.</summary>
    public bool HasBias { get; } = hasBias;

    public ConvInitializer Initializer { get; set; } = ConvInitializer.KaimingNormalFanOut;

    /// <summary>First value of the bias.</summary>
    public double InitialBias { get; set; }

    /// <summary>The norm folded into these weights, once the fold pass has run: the node then reads the folded copy.</summary>
    public NormWeights? FoldedNorm { get; set; }

    /// <summary>The name of Fovea.Tensors.ConvAlgorithm's member; set by the last pass.</summary>
    public string Algorithm { get; set; } = "IndirectGemm";

    public long WeightCount => (long)OutChannels * Kernel * Kernel * (InChannels / Groups);
}

/// <summary>γ and β, and for batch norms the running statistics.</summary>
internal sealed class NormWeights(
    string key, Block block, string role, Spec.NormKind kind, int channels, int groups, float epsilon, float momentum)
    : Parameter(key, block, role)
{
    public Spec.NormKind Kind { get; } = kind;

    public int Channels { get; } = channels;

    public int Groups { get; } = groups;

    public float Epsilon { get; } = epsilon;

    public float Momentum { get; } = momentum;

    public bool HasRunningStatistics => Kind is Spec.NormKind.BatchNorm or Spec.NormKind.FrozenBatchNorm;
}
