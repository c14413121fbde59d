using Fovea.Generator.Spec;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Fovea.Generator.Parsing;

/// <summary>From the declared type to what matters for generating into it.</summary>
internal static class TypeParser
{
    private static readonly SymbolDisplayFormat HeaderFormat =
        SymbolDisplayFormat.MinimallyQualifiedFormat.WithKindOptions(SymbolDisplayKindOptions.IncludeTypeKeyword);

    public static TypeSpec Parse(INamedTypeSymbol type, ITypeSymbol classes) => new()
    {
        IsPartial = IsPartial(type),
        IsStatic = type.IsStatic,
        IsAbstract = type.IsAbstract && !type.IsStatic,
        IsRecord = type.IsRecord,
        IsFileLocal = type.IsFileLocal,
        Base = Base(type, classes),
        BaseName = HasBase(type) ? type.BaseType!.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat) : "",
        TypeParameters = type.TypeParameters.Select(t => t.ToDisplayString()).ToEquatableArray(),
        ContainingTypes = Containers(type).Select(c => "partial " + c.ToDisplayString(HeaderFormat)).ToEquatableArray(),
        ContainersArePartial = Containers(type).All(c => IsPartial(c) && !c.IsFileLocal),
        Classes = Classes(type, classes),
    };

    private static bool IsPartial(INamedTypeSymbol type) =>
        type.DeclaringSyntaxReferences.All(r => r.GetSyntax() is TypeDeclarationSyntax t && t.Modifiers.Any(SyntaxKind.PartialKeyword));

    private static List<INamedTypeSymbol> Containers(INamedTypeSymbol type)
    {
        var containers = new List<INamedTypeSymbol>();
        for (var outer = type.ContainingType; outer is not null; outer = outer.ContainingType)
        {
            containers.Insert(0, outer);
        }

        return containers;
    }

    private static bool HasBase(INamedTypeSymbol type) => type.BaseType is { SpecialType: not SpecialType.System_Object };

    /// <summary>The analyzer sees the generated part, too, and so the base class that it declares.</summary>
    private static BaseKind Base(INamedTypeSymbol type, ITypeSymbol classes) => type.BaseType switch
    {
        null or { SpecialType: SpecialType.System_Object } => BaseKind.None,
        { TypeKind: TypeKind.Error } => BaseKind.Unresolved,
        { Name: "Detector", ContainingNamespace: { Name: "Fovea", ContainingNamespace.IsGlobalNamespace: true } } detector
            when IsDetectorOf(detector, type, classes) => BaseKind.Detector,
        _ => BaseKind.Other,
    };

    /// <summary>Detector&lt;TClass&gt;; Detector where a base class that names the classes would be circular.</summary>
    private static bool IsDetectorOf(INamedTypeSymbol detector, INamedTypeSymbol type, ITypeSymbol classes) =>
        detector.TypeArguments.IsEmpty
        ? Classes(type, classes) == ClassEnumKind.NestedInDetector
        : SymbolEqualityComparer.Default.Equals(detector.TypeArguments[0], classes);

    private static ClassEnumKind Classes(INamedTypeSymbol type, ITypeSymbol classes)
    {
        if (classes.TypeKind != TypeKind.Enum)
        {
            return ClassEnumKind.NotAnEnum;
        }

        for (var outer = classes.ContainingType; outer is not null; outer = outer.ContainingType)
        {
            if (SymbolEqualityComparer.Default.Equals(outer, type))
            {
                return ClassEnumKind.NestedInDetector;
            }
        }

        return IsPublic(type) && !IsPublic(classes) ? ClassEnumKind.LessAccessible : ClassEnumKind.Usable;
    }

    private static bool IsPublic(ITypeSymbol type)
    {
        for (var t = type; t is not null; t = t.ContainingType)
        {
            if (t.DeclaredAccessibility != Accessibility.Public)
            {
                return false;
            }
        }

        return true;
    }
}
