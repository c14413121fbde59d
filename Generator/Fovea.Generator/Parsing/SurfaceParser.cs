using System.Collections.Immutable;
using Fovea.Generator.Spec;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Fovea.Generator.Parsing;

/// <summary>What of a detector's generated surface the user's own code has already: as symbols, for the parser and for locations.</summary>
internal static class SurfaceParser
{
    /// <summary>The constants of the surface; nothing else may have their names.</summary>
    public static readonly ImmutableArray<string> Constants =
        ["Classes", "AnchorsPerCell", "MinLevel", "MaxLevel", "ParameterCount", "MacsPerImage"];

    /// <summary>The methods of the surface; methods with other parameters may have their names.</summary>
    public static readonly ImmutableArray<string> Methods = ["Create", "Load"];

    /// <summary>All names that a detector cannot have itself: a member is not called as its class.</summary>
    public static readonly ImmutableArray<string> Names = [.. Constants, .. Methods];

    /// <summary>What checkpoints are loaded from: a path, a stream, bytes.</summary>
    private static readonly string[] Sources = ["System.String", "System.IO.Stream", "System.ReadOnlyMemory`1[byte]"];

    private static readonly string[] GeneratedFolders = [GeneratedFile.Folder + "/", GeneratedFile.Folder + "\\"];

    /// <summary>Members of the user's own that the generated part declares, too.</summary>
    public static IEnumerable<ISymbol> Taken(INamedTypeSymbol type) => OwnMembers(type).Where(member => member switch
    {
        IMethodSymbol { MethodKind: MethodKind.Constructor, IsStatic: false } constructor =>
            Takes(constructor, KnownNames.DetectorOptions),
        IMethodSymbol { MethodKind: MethodKind.Ordinary, Name: "Create", Arity: 0 } create =>
            Takes(create, "System.UInt64", KnownNames.DetectorOptions),
        IMethodSymbol { MethodKind: MethodKind.Ordinary, Name: "Load", Arity: 0 } load =>
            Sources.Any(source => Takes(load, source, KnownNames.DetectorOptions, KnownNames.LoadOptions)),
        IMethodSymbol { MethodKind: MethodKind.Ordinary } => Constants.Contains(member.Name),
        _ => Names.Contains(member.Name),
    });

    /// <summary>Members that an initializer has to set.</summary>
    public static IEnumerable<ISymbol> Required(INamedTypeSymbol type) =>
        OwnMembers(type).Where(member => member is IPropertySymbol { IsRequired: true } or IFieldSymbol { IsRequired: true });

    /// <summary>The constructor whose parameters stand behind the class's name, or null.</summary>
    public static IMethodSymbol? PrimaryConstructor(INamedTypeSymbol type, CancellationToken cancellationToken) =>
        type.InstanceConstructors.FirstOrDefault(
            c => c.DeclaringSyntaxReferences.Any(r => r.GetSyntax(cancellationToken) is TypeDeclarationSyntax));

    /// <summary>Whether a constructor of the generated signature says with what to construct the base class.</summary>
    public static bool CallsBaseConstructor(INamedTypeSymbol type, CancellationToken cancellationToken) =>
        Taken(type).OfType<IMethodSymbol>().Any(
            c => c.DeclaringSyntaxReferences.Any(r => r.GetSyntax(cancellationToken) is ConstructorDeclarationSyntax
            {
                Initializer.ArgumentList.Arguments.Count: > 0,
            }));

    /// <summary>Where the user wrote it: the analyzer sees the generated parts of the type, too.</summary>
    public static Location? OwnLocation(ISymbol member) => member.Locations.FirstOrDefault(IsOwn);

    private static IEnumerable<ISymbol> OwnMembers(INamedTypeSymbol type) =>
        type.GetMembers().Where(member => !member.IsImplicitlyDeclared && OwnLocation(member) is not null);

    private static bool IsOwn(Location location) =>
        location.SourceTree is { } tree && !GeneratedFolders.Any(folder => tree.FilePath.Contains(folder));

    /// <summary>Whether the parameters, all by value, have these types.</summary>
    private static bool Takes(IMethodSymbol method, params string[] types) =>
        method.Parameters.Length == types.Length
        && method.Parameters
            .Zip(types, (parameter, type) => parameter.RefKind == RefKind.None && IsType(parameter.Type, type))
            .All(same => same);

    private static bool IsType(ITypeSymbol type, string name) =>
        type.ContainingType is null && type.ContainingNamespace is { } space
        && name == space.ToDisplayString() + "." + type.MetadataName + Arguments(type);

    private static string Arguments(ITypeSymbol type) =>
        type is INamedTypeSymbol { TypeArguments.Length: > 0 } generic ? $"[{string.Join(", ", generic.TypeArguments)}]" : "";
}
