namespace Fovea.Generator.Spec;

/// <summary>
/// What a person declared, with every default filled in. The only thing, beside <see cref="CompilerOutput"/> and its files, that crosses
/// steps of the incremental pipeline.
/// </summary>
/// <remarks>
/// Equality contract: immutable and structurally equal, lists are <see cref="EquatableArray{T}"/>, no symbol, no syntax, no location.
/// Breaking it does not break a
/// build; it makes every keystroke regenerate every model.
/// Values may be out of range: the validator says so, and lowering never sees a spec with problems.
/// </remarks>
internal sealed record ModelSpec
{
    /// <summary>Null for the global namespace.</summary>
    public required string? Namespace { get; init; }

    public required string Name { get; init; }

    /// <summary>"public" or "internal".</summary>
    public required string Accessibility { get; init; }

    /// <summary>Fully qualified, with <c>global::</c>.</summary>
    public required string ClassEnum { get; init; }

    /// <summary>What the declared type is like.</summary>
    public TypeSpec Type { get; init; } = TypeSpec.Ordinary;

    /// <summary>The enum's members in the order of their declaration.</summary>
    public EquatableArray<ClassMember> ClassMembers { get; init; }

    /// <summary>
    /// Metadata names of the attributes with arguments that do not compile: those count as absent, so nothing may be concluded from them.
    /// </summary>
    public EquatableArray<string> Unreadable { get; init; }

    /// <summary>K names by channel; null where the enum has a gap. Empty where a value is no channel.</summary>
    public required EquatableArray<string?> ClassNames { get; init; }

    public required string Preset { get; init; }

    public required BackboneSpec Backbone { get; init; }

    public required PyramidSpec Pyramid { get; init; }

    public required HeadSpec Head { get; init; }

    public required EquatableArray<CanvasSpec> InputSizes { get; init; }

    public required ResizeSpec? Resize { get; init; }

    public required PixelSpec Pixels { get; init; }

    /// <summary>
    /// Whether backward goes on to the pixels (saliency, adversarial examples, checks): the plan then has an InputGradient.
    /// </summary>
    public bool InputGradient { get; init; }

    /// <summary>K.</summary>
    public int Classes => ClassNames.Count;

    /// <summary>Whether the compiler itself reports the declaration: the model then has its public surface alone.</summary>
    public bool CompilerReports => Type.CompilerReports || Unreadable.Count > 0;
}

internal enum BlockKind
{
    Basic,
    Bottleneck,
}

internal enum NormKind
{
    None,
    FrozenBatchNorm,
    BatchNorm,
    GroupNorm,
}

internal enum NormStatisticsKind
{
    Batch,
    Running,
}

/// <param name="Name">The member of <c>Fovea.Backbone</c>, or Custom.</param>
/// <param name="StageBlocks">Blocks of layer1 … layer4.</param>
/// <param name="BaseWidth">64 for every published ResNet: channels of the stem, planes of layer1.</param>
/// <param name="WidthPerGroup">Bottleneck width = ⌊planes · WidthPerGroup / 64⌋ · Groups.</param>
/// <param name="FrozenStages">0 nothing, 1 stem, 2 stem and layer1, … 5 the whole backbone.</param>
/// <param name="NormGroups">Groups of a group norm.</param>
internal sealed record BackboneSpec(
    string Name, BlockKind Block, EquatableArray<int> StageBlocks, int BaseWidth, int Groups, int WidthPerGroup,
    NormKind Norm, NormStatisticsKind Statistics, int FrozenStages, int NormGroups, float NormEpsilon = 1e-5f, float NormMomentum = 0.1f);

internal enum P6Source
{
    P5,
    C5,
}

/// <summary>Levels MinLevel … MaxLevel. Levels up to 5 are FPN levels; 6 and 7 are strided convolutions on top.</summary>
internal sealed record PyramidSpec(int MinLevel, int MaxLevel, int Channels, P6Source P6From)
{
    public int Levels => MaxLevel - MinLevel + 1;
}

internal readonly record struct CanvasSpec(int Width, int Height);

/// <param name="Rule">TorchVision or TorchVision014: the members of <c>ResizeRule</c>.</param>
internal sealed record ResizeSpec(int Min, int Max, string Rule);

internal sealed record PixelSpec(EquatableArray<double> Mean, EquatableArray<double> Std, bool Bgr, double Scale);
