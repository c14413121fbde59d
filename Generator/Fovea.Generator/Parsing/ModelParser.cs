using Fovea.Generator.Declarations;
using Fovea.Generator.Heads;
using Fovea.Generator.Spec;
using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Parsing;

/// <summary>
/// From a class with <c>[RetinaNet&lt;T&gt;]</c>, or what declares another head, to its spec, every default filled in. The only code of the
/// compiler that sees symbols. Nothing is judged here: values out of range and types that cannot be generated into come through, for the
/// validator.
/// </summary>
internal static class ModelParser
{
    private static readonly SymbolDisplayFormat NamespaceFormat =
        SymbolDisplayFormat.FullyQualifiedFormat.WithGlobalNamespaceStyle(SymbolDisplayGlobalNamespaceStyle.Omitted);

    private static readonly SymbolDisplayFormat NameFormat = new(
        typeQualificationStyle: SymbolDisplayTypeQualificationStyle.NameOnly,
        miscellaneousOptions: SymbolDisplayMiscellaneousOptions.EscapeKeywordIdentifiers);

    /// <summary>
    /// Null for what the compiler reports and no part can be added to: a second <c>[RetinaNet]</c> of the same class, a struct, a class
    /// whose name is still missing.
    /// </summary>
    public static ModelSpec? Parse(GeneratorAttributeSyntaxContext context, HeadTable heads, CancellationToken cancellationToken)
    {
        if (context.TargetSymbol is not INamedTypeSymbol type || !IsNamedClass(type) || heads.Find(type) is not { } declared)
        {
            return null;
        }

        // Each declaring attribute is looked for by itself: what another one declares first is its own to parse.
        var syntax = declared.Attribute.ApplicationSyntaxReference;
        return syntax?.SyntaxTree == context.TargetNode.SyntaxTree && context.TargetNode.Span.Contains(syntax.Span)
            && context.Attributes.Any(attribute => DeclaredAttributes.Is(attribute, declared.Head.Declaration))
            ? Parse(type, declared, heads, cancellationToken)
            : null;
    }

    /// <summary>Whether the type is a class and nothing around it lacks a name, as while it is being typed.</summary>
    public static bool IsNamedClass(INamedTypeSymbol type)
    {
        for (ISymbol symbol = type; symbol is not INamespaceSymbol { IsGlobalNamespace: true }; symbol = symbol.ContainingSymbol)
        {
            if (string.IsNullOrWhiteSpace(symbol.Name)
                || (symbol is INamedTypeSymbol generic && generic.TypeParameters.Any(t => string.IsNullOrWhiteSpace(t.Name))))
            {
                return false;
            }
        }

        return type.TypeKind == TypeKind.Class;
    }

    public static ModelSpec Parse(INamedTypeSymbol type, DeclaredHead declared, HeadTable heads, CancellationToken cancellationToken)
    {
        var attributes = new DeclaredAttributes(type.GetAttributes());
        var (head, attribute) = (declared.Head, declared.Attribute);
        var declaration = new Arguments(attribute);
        var presetName = declaration.EnumName(KnownNames.RetinaNet.Preset) ?? PresetTable.Default;
        var preset = PresetTable.Find(presetName) ?? PresetTable.Find(PresetTable.Default)!;
        var classes = attribute.AttributeClass!.TypeArguments[0];
        var members = ClassParser.Members(classes, cancellationToken);
        var pyramid = SpecParser.Pyramid(attributes.Find(KnownNames.Pyramid.Attribute), preset);
        var (inputSizes, resize) = SpecParser.Canvas(
            attributes.All(KnownNames.InputSize.Attribute), attributes.Find(KnownNames.Resize.Attribute), preset);
        cancellationToken.ThrowIfCancellationRequested();
        return new ModelSpec
        {
            Namespace = type.ContainingNamespace.IsGlobalNamespace ? null : type.ContainingNamespace.ToDisplayString(NamespaceFormat),
            Name = type.ToDisplayString(NameFormat),
            Accessibility = type.DeclaredAccessibility == Accessibility.Public ? "public" : "internal",
            Type = TypeParser.Parse(type, classes, heads, cancellationToken),
            Unreadable = attributes.Unreadable([head.Declaration, .. SpecParser.Attributes, .. head.Attributes], cancellationToken),
            ClassEnum = classes.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat),
            ClassMembers = members,
            ClassNames = ClassParser.Names(members),
            Preset = presetName,
            Backbone = SpecParser.Backbone(
                attributes.Find(KnownNames.Backbone.Attribute),
                declaration.EnumName(KnownNames.RetinaNet.Backbone) ?? preset.Backbone, preset),
            Pyramid = pyramid,
            Head = head.Parse(attributes, preset.Name, pyramid),
            InputSizes = inputSizes,
            Resize = resize,
            Pixels = preset.Pixels,
            InputGradient = declaration.Bool(KnownNames.RetinaNet.InputGradient, false),
        };
    }
}
