namespace Fovea.Generator.Graph;

/// <summary>Where a parameter lies. −1: it has none.</summary>
/// <param name="Main">Weights, or γ.</param>
/// <param name="Second">Bias, or β.</param>
/// <param name="Mean">Running mean, in the statistics.</param>
/// <param name="Variance">Running variance, in the statistics.</param>
/// <param name="FoldedWeight">Weights with the norm folded in, in the folded buffer.</param>
/// <param name="FoldedBias">The bias that the norm gives them.</param>
internal sealed record ParameterPlace(int Main, int Second, int Mean, int Variance, int FoldedWeight, int FoldedBias);

/// <summary>
/// Something learned or loaded, held by the block that declares it. What its kind decides (handles, runs, first values, cost) is the
/// derived class's; how an operator uses it is the operator's.
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

    /// <summary>
    /// Begins the names of its handles' types (Conv for ConvParameters, ConvGradients), and is that of its rows of tensors.
    /// </summary>
    public abstract string HandlePrefix { get; }

    /// <summary>Elements of its first run: weights, γ.</summary>
    public abstract long MainLength { get; }

    /// <summary>Elements of its second run: bias, β; 0 for none.</summary>
    public abstract long SecondLength { get; }

    /// <summary>Elements of each of its two runs of running statistics; 0 for none.</summary>
    public virtual int StatisticsLength => 0;

    /// <summary>Elements of the bias that a norm folded into it gives it; 0 where nothing can be folded in.</summary>
    public virtual int FoldedBiasLength => 0;

    /// <summary>Whether it is a buffer, which nobody counts or learns: torchvision's FrozenBatchNorm2d.</summary>
    public virtual bool IsBuffer => false;

    /// <summary>Whether batches move its statistics, and torchvision counts them.</summary>
    public virtual bool TracksBatches => false;

    /// <summary>Elements that torchvision counts as parameters.</summary>
    public virtual long Count => MainLength + SecondLength;

    /// <summary>The handle to what is stored, as a call of <see cref="Maker"/>.</summary>
    public abstract CodeValue.Call Handle(ParameterPlace place, ParameterUse use);

    /// <summary>The method that makes handles of this kind, so that their lines say no more than they must.</summary>
    public abstract string Maker { get; }

    /// <summary>What the table of tensors says of the first values, behind key, handle and storage.</summary>
    public abstract IEnumerable<(string Name, CodeValue Value)> FirstValues { get; }

    /// <summary>What decides shape and meaning of its tensors, for the fingerprint.</summary>
    public abstract string Describe(ParameterUse use);

    public override string ToString() => Key;

    /// <summary>The use of the kind that this parameter has.</summary>
    protected TUse As<TUse>(ParameterUse use)
        where TUse : ParameterUse =>
        use as TUse ?? throw new InvalidOperationException($"{Key} is used as {use}; expected {typeof(TUse).Name}.");
}
