namespace Fovea.Generator.Spec;

/// <summary>What was declared of a head, with every default filled in: each head has its own.</summary>
/// <remarks>Equality contract: see <see cref="ModelSpec"/>.</remarks>
internal abstract record HeadSpec
{
    /// <summary>Metadata name of the attribute that declares a detector with this head.</summary>
    public abstract string Declaration { get; }

    /// <summary>A: how many boxes each cell of a level predicts.</summary>
    public abstract int AnchorsPerCell { get; }
}
