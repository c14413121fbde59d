using Fovea.Generator.Declarations;
using Fovea.Generator.Heads;
using Fovea.Generator.Spec;
using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Parsing;

/// <summary>
/// From a class with <c>[RetinaNet&lt;T&gt;]</c> to its spec, every default filled in. The only code of the compiler that sees symbols.
/// Nothing is judged here: values out of range and types that cannot be generated into come through, for the validator.
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
    public static ModelSpec? Parse(GeneratorAttributeSyntaxContext context, CancellationToken cancellationToken)
    {
        if (context.TargetSymbol is not INamedTypeSymbol type || !IsNamedClass(type) || FindRetinaNet(type) is not { } attribute)
        {
            return null;
        }

        var syntax = attribute.ApplicationSyntaxReference;
        return syntax?.SyntaxTree == context.TargetNode.SyntaxTree && context.TargetNode.Span.Contains(syntax.Span)
            ? Parse(type, attribute, cancellationToken)
            : null;
    }

    /// <summary>The first <c>[RetinaNet&lt;T&gt;]</c> of a type, or null.</summary>
    public static AttributeData? FindRetinaNet(INamedTypeSymbol type) =>
        new DeclaredAttributes(type.GetAttributes()).All(KnownNames.RetinaNet.Attribute).FirstOrDefault();

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

    public static ModelSpec Parse(INamedTypeSymbol type, AttributeData retinaNet, CancellationToken cancellationToken)
    {
        var attributes = new DeclaredAttributes(type.GetAttributes());
        var declaration = new Arguments(retinaNet);
        var head = HeadTable.RetinaNet;
        var presetName = declaration.EnumName(KnownNames.RetinaNet.Preset) ?? PresetTable.Default;
        var preset = PresetTable.Find(presetName) ?? PresetTable.Find(PresetTable.Default)!;
        var classes = retinaNet.AttributeClass!.TypeArguments[0];
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
            Type = TypeParser.Parse(type, classes, cancellationToken),
            Unreadable = attributes.Unreadable([.. SpecParser.Attributes, .. head.Attributes], cancellationToken),
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
