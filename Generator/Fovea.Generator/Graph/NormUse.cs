using Fovea.Generator.Spec;

namespace Fovea.Generator.Graph;

/// <summary>What a norm adds to the handle of its parameters: over what it normalises, and its constants.</summary>
/// <param name="Groups">Of a group norm; else 0.</param>
internal sealed record NormUse(NormKind Kind, int Groups, float Epsilon, float Momentum) : ParameterUse
{
    /// <summary>Whether each image has statistics of its own.</summary>
    public bool IsPerImage => Kind == NormKind.GroupNorm;

    /// <summary>"batch c64", "group c64 g32", for listings.</summary>
    public string Describe(NormWeights norm) => IsPerImage ? $"group c{norm.Channels} g{Groups}" : $"batch c{norm.Channels}";
}
