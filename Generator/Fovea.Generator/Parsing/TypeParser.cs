using Fovea.Generator.Heads;
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

    public static TypeSpec Parse(INamedTypeSymbol type, ITypeSymbol classes, HeadTable heads, CancellationToken cancellationToken) => new()
    {
        IsPartial = IsPartial(type),
        IsStatic = type.IsStatic,
        IsAbstract = type.IsAbstract && !type.IsStatic,
        IsRecord = type.IsRecord,
        IsFileLocal = type.IsFileLocal,
        Base = Base(type, classes, heads),
        BaseName = HasBase(type) ? type.BaseType!.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat) : "",
        TypeParameters = type.TypeParameters.Select(t => t.ToDisplayString()).ToEquatableArray(),
        ContainingTypes = Containers(type).Select(c => "partial " + c.ToDisplayString(HeaderFormat)).ToEquatableArray(),
        ContainersArePartial = Containers(type).All(c => IsPartial(c) && !c.IsFileLocal),
        Classes = Classes(type, classes),
        ClassesAreFlags = classes.GetAttributes().Any(a => a.AttributeClass is
        {
            Name: "FlagsAttribute",
            ContainingNamespace: { Name: "System", ContainingNamespace.IsGlobalNamespace: true },
        }),
        OldLanguage = OldLanguage(type),
        SystemIsHidden = !type.ContainingAssembly.GlobalNamespace.GetTypeMembers("System", 0).IsEmpty,
        HasPrimaryConstructor = SurfaceParser.PrimaryConstructor(type, cancellationToken) is not null,
        CallsBaseConstructor = SurfaceParser.CallsBaseConstructor(type, cancellationToken),
        TakenMembers = SurfaceParser.Taken(type).Select(member => member.Name).Distinct().ToEquatableArray(),
        RequiredMembers = SurfaceParser.Required(type).Select(member => member.Name).Distinct().ToEquatableArray(),
    };

    /// <summary>
    /// Params collections came with C# 13; before C# 11, without generic attributes, the compiler reports the declaration.
    /// </summary>
    private static string OldLanguage(INamedTypeSymbol type) =>
        type.DeclaringSyntaxReferences[0].SyntaxTree.Options is CSharpParseOptions
        {
            LanguageVersion: >= LanguageVersion.CSharp11 and < LanguageVersion.CSharp13,
        } options
            ? options.LanguageVersion.ToDisplayString()
            : "";

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
    private static BaseKind Base(INamedTypeSymbol type, ITypeSymbol classes, HeadTable heads) => type.BaseType switch
    {
        null or { SpecialType: SpecialType.System_Object } => BaseKind.None,
        { TypeKind: TypeKind.Error } => BaseKind.Unresolved,
        { Name: "Detector", ContainingNamespace: { Name: "Fovea", ContainingNamespace.IsGlobalNamespace: true } } detector =>
            IsDetectorOf(detector, type, classes) ? BaseKind.Detector : BaseKind.OtherDetector,
        var other => IsClosed(other, heads) ? BaseKind.Unresolved : BaseKind.Other,
    };

    /// <summary>
    /// Another declared detector: its generated constructor is private, and so nothing derives from it without one of its own.
    /// </summary>
    private static bool IsClosed(INamedTypeSymbol type, HeadTable heads) =>
        heads.Find(type) is not null
        && !type.InstanceConstructors.Any(c => !c.IsImplicitlyDeclared && c.DeclaredAccessibility != Accessibility.Private);

    /// <summary>Detector&lt;TClass&gt;; Detector where a generated base class cannot name the classes.</summary>
    private static bool IsDetectorOf(INamedTypeSymbol detector, INamedTypeSymbol type, ITypeSymbol classes) =>
        detector.TypeArguments.IsEmpty
        ? Classes(type, classes) is ClassEnumKind.NestedInDetector or ClassEnumKind.FileLocal
        : SymbolEqualityComparer.Default.Equals(detector.TypeArguments[0], classes);

    private static ClassEnumKind Classes(INamedTypeSymbol type, ITypeSymbol classes)
    {
        if (classes.TypeKind != TypeKind.Enum)
        {
            return ClassEnumKind.NotAnEnum;
        }

        if (!ClassParser.AreReadable(classes))
        {
            return ClassEnumKind.Unusable;
        }

        for (var outer = classes.ContainingType; outer is not null; outer = outer.ContainingType)
        {
            if (SymbolEqualityComparer.Default.Equals(outer, type))
            {
                return ClassEnumKind.NestedInDetector;
            }
        }

        if (Chain(classes).Any(t => t is INamedTypeSymbol { IsFileLocal: true }))
        {
            return ClassEnumKind.FileLocal;
        }

        // Within another type, only that type sees a private enum; a detector in there is told that it is nested.
        if (type.ContainingType is null && Chain(classes).Any(t => !IsVisibleFrom(t, type.ContainingAssembly)))
        {
            return ClassEnumKind.Unusable;
        }

        return IsPublic(type) && !IsPublic(classes) ? ClassEnumKind.LessAccessible : ClassEnumKind.Usable;
    }

    /// <summary>The type and those that contain it.</summary>
    private static IEnumerable<ITypeSymbol> Chain(ITypeSymbol type)
    {
        for (var t = type; t is not null; t = t.ContainingType)
        {
            yield return t;
        }
    }

    private static bool IsVisibleFrom(ITypeSymbol type, IAssemblySymbol assembly) => type.DeclaredAccessibility switch
    {
        Accessibility.Public => true,
        Accessibility.Internal or Accessibility.ProtectedOrInternal =>
            SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, assembly) || type.ContainingAssembly.GivesAccessTo(assembly),
        _ => false,
    };

    private static bool IsPublic(ITypeSymbol type) => Chain(type).All(t => t.DeclaredAccessibility == Accessibility.Public);
}
