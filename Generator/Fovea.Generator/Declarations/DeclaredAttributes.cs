using System.Collections.Immutable;
using Fovea.Generator.Spec;
using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Declarations;

/// <summary>The attributes of a detector's class, by their metadata names.</summary>
internal readonly struct DeclaredAttributes(ImmutableArray<AttributeData> attributes)
{
    /// <summary>Whether an attribute is the one with the given metadata name.</summary>
    public static bool Is(AttributeData attribute, string metadataName) =>
        attribute.AttributeClass is { ContainingType: null } type
        && metadataName.Length == type.MetadataName.Length + 1 + type.ContainingNamespace.MetadataName.Length
        && metadataName.EndsWith("." + type.MetadataName, StringComparison.Ordinal)
        && type.ContainingNamespace is { ContainingNamespace.IsGlobalNamespace: true } space
        && metadataName.StartsWith(space.MetadataName, StringComparison.Ordinal);

    /// <summary>All with this name, in the order of the source.</summary>
    public IEnumerable<AttributeData> All(string name) => attributes.Where(attribute => Is(attribute, name));

    /// <summary>The arguments of the first; those of none where there is none.</summary>
    public Arguments Find(string name) => new(All(name).FirstOrDefault());

    /// <summary>Which of these names have arguments that do not compile.</summary>
    public EquatableArray<string> Unreadable(IEnumerable<string> names, CancellationToken cancellationToken)
    {
        var found = attributes;
        return names
            .Where(name => found.Any(a => Is(a, name) && !Arguments.AreReadable(a, cancellationToken)))
            .ToEquatableArray();
    }
}
