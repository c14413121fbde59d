using Fovea.Generator.Declarations;
using Fovea.Generator.Heads.RetinaNet;
using Fovea.Generator.Spec;
using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Heads;

/// <summary>The heads that a compiler knows, each by the attribute that declares a detector with it.</summary>
internal sealed class HeadTable(params IHeadModule[] heads)
{
    /// <summary>Fovea's. Each head is a folder here: another one is a row more.</summary>
    public static HeadTable Default { get; } = new(new RetinaNetModule());

    public IReadOnlyList<IHeadModule> Heads => heads;

    /// <summary>The head that a spec declares.</summary>
    public IHeadModule Of(ModelSpec spec) =>
        heads.FirstOrDefault(head => head.Declaration == spec.Head.Declaration)
        ?? throw new InvalidOperationException($"{spec.Head.GetType().Name} is no head's spec; expected a row in the table of heads.");

    /// <summary>What declares a type to be a detector: the first attribute that does; null for another type.</summary>
    public DeclaredHead? Find(INamedTypeSymbol type)
    {
        foreach (var attribute in type.GetAttributes())
        {
            if (heads.FirstOrDefault(head => DeclaredAttributes.Is(attribute, head.Declaration)) is { } head)
            {
                return new(head, attribute);
            }
        }

        return null;
    }
}

/// <param name="Head">The head that the detector has.</param>
/// <param name="Attribute">As it is written in the source: <c>[RetinaNet&lt;T&gt;]</c>.</param>
internal sealed record DeclaredHead(IHeadModule Head, AttributeData Attribute);
