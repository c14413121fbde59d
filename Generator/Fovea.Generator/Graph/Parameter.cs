namespace Fovea.Generator.Graph;

/// <summary>Where a parameter lies. −1: it has none.</summary>
/// <param name="Main">Weights, or γ.</param>
/// <param name="Second">Bias, or β.</param>
/// <param name="Mean">Running mean, in the statistics.</param>
/// <param name="Variance">Running variance, in the statistics.</param>
/// <param name="FoldedWeight">Weights with the norm folded in, in the folded buffer.</param>
/// <param name="FoldedBias">The bias that the norm gives them.</param>
internal sealed record ParameterPlace(int Main, int Second, int Mean, int Variance, int FoldedWeight, int FoldedBias);

/// <summary>A tensor of the checkpoint.</summary>
/// <param name="Name">Behind the parameter's key: weight, running_mean.</param>
/// <param name="Role">The member of the runtime's <c>TensorRole</c>.</param>
/// <param name="InStatistics">Whether it lies in the statistics, not with the parameters.</param>
/// <param name="Shape">As stored in the file.</param>
/// <param name="Initializer">The member of the runtime's <c>Initializer</c>.</param>
internal sealed record StoredTensor(string Name, string Role, bool InStatistics, int Offset, int[] Shape, string Initializer, float Value);

/// <summary>
/// Something learned or loaded, held by the block that declares it. What its kind decides (handles, runs, tensors, cost) is the derived
/// class's; how an operator uses it is the operator's.
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

    /// <summary>Begins the names of its handles' types: Conv for ConvParameters, ConvGradients.</summary>
    public abstract string HandlePrefix { get; }

    /// <summary>Elements of its first run: weights, γ.</summary>
    public abstract long MainLength { get; }

    /// <summary>Elements of its second run: bias, β; 0 for none.</summary>
    public abstract long SecondLength { get; }

    /// <summary>Elements of each of its two runs of running statistics; 0 for none.</summary>
    public virtual int StatisticsLength => 0;

    /// <summary>Elements of the bias that a norm folded into it gives it; 0 where nothing can be folded in.</summary>
    public virtual int FoldedBiasLength => 0;

    /// <summary>Elements that torchvision counts as parameters.</summary>
    public virtual long Count => MainLength + SecondLength;

    /// <summary>The handle to what is stored, or to the copy with a norm folded in.</summary>
    public abstract CodeValue.Object Handle(ParameterPlace place, ParameterUse use, bool folded);

    /// <summary>What decides shape and meaning of its tensors, for the fingerprint.</summary>
    public abstract string Describe(ParameterUse use);

    /// <summary>In state_dict order.</summary>
    public abstract IEnumerable<StoredTensor> Tensors(ParameterPlace place);

    public override string ToString() => Key;

    /// <summary>The use of the kind that this parameter has.</summary>
    protected TUse As<TUse>(ParameterUse use)
        where TUse : ParameterUse =>
        use as TUse ?? throw new InvalidOperationException($"{Key} is used as {use}; expected {typeof(TUse).Name}.");
}
