using System.Collections.Immutable;
using Fovea.Generator.Declarations;
using Fovea.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Fovea.Generator.Validation;

/// <summary>From the name of an argument to its place in the source, for the analyzer alone: locations never reach the pipeline.</summary>
internal sealed class ArgumentLocator(INamedTypeSymbol type, AttributeData declaration)
{
    private readonly ImmutableArray<AttributeData> attributes = type.GetAttributes();

    /// <summary>
    /// The first argument that is written in the source; else the first attribute that is; else what declares the detector.
    /// </summary>
    public Location Locate(Problem problem, CancellationToken cancellationToken)
    {
        if (problem.At.Count == 0)
        {
            return Member(problem.Member) ?? TypeName(cancellationToken);
        }

        return LocateArgument(problem, cancellationToken)
            ?? problem.At.Select(Find).OfType<AttributeData>()
                .Select(a => Syntax(a, cancellationToken)?.GetLocation()).FirstOrDefault(l => l is not null)
            ?? Syntax(declaration, cancellationToken)?.GetLocation()
            ?? Location.None;
    }

    /// <summary>The first argument that is written in the source; null where none is.</summary>
    public Location? LocateArgument(Problem problem, CancellationToken cancellationToken) =>
        problem.At.Select(name => Argument(name, cancellationToken)).FirstOrDefault(l => l is not null);

    /// <summary>The user's own member of this name that the generated part declares, too, or that is required.</summary>
    private Location? Member(string? name) => name is null ? null
        : SurfaceParser.Taken(type).Concat(SurfaceParser.Required(type)).Where(member => member.Name == name)
            .Select(SurfaceParser.OwnLocation).FirstOrDefault();

    /// <summary>The identifier of the part that bears the attribute.</summary>
    private Location TypeName(CancellationToken cancellationToken) =>
        Syntax(declaration, cancellationToken)?.FirstAncestorOrSelf<BaseTypeDeclarationSyntax>()?.Identifier.GetLocation()
            ?? type.Locations[0];

    private Location? Argument(ArgumentName name, CancellationToken cancellationToken)
    {
        if (Find(name) is not { } attribute || Syntax(attribute, cancellationToken) is not { } syntax)
        {
            return null;
        }

        return name.Argument switch
        {
            null => syntax.GetLocation(),
            KnownNames.RetinaNet.Classes => TypeArgument(syntax.Name)?.GetLocation(),
            var argument => FindArgument(attribute, syntax, argument)?.GetLocation(),
        };
    }

    private AttributeData? Find(ArgumentName name) =>
        attributes.Where(a => DeclaredAttributes.Is(a, name.Attribute)).ElementAtOrDefault(name.Occurrence);

    private static AttributeSyntax? Syntax(AttributeData attribute, CancellationToken cancellationToken) =>
        attribute.ApplicationSyntaxReference?.GetSyntax(cancellationToken) as AttributeSyntax;

    private static TypeSyntax? TypeArgument(NameSyntax name) => name switch
    {
        GenericNameSyntax generic => generic.TypeArgumentList.Arguments.FirstOrDefault(),
        QualifiedNameSyntax { Right: GenericNameSyntax generic } => generic.TypeArgumentList.Arguments.FirstOrDefault(),
        AliasQualifiedNameSyntax { Name: GenericNameSyntax generic } => generic.TypeArgumentList.Arguments.FirstOrDefault(),
        _ => null,
    };

    /// <summary>By name ("Gamma = 2"), by parameter name ("preset: …") or by position.</summary>
    private static AttributeArgumentSyntax? FindArgument(AttributeData attribute, AttributeSyntax syntax, string name)
    {
        var parameters = attribute.AttributeConstructor?.Parameters ?? [];
        var position = 0;
        foreach (var argument in syntax.ArgumentList?.Arguments ?? default)
        {
            var found = argument switch
            {
                { NameEquals.Name.Identifier.ValueText: var property } => property == name,
                { NameColon.Name.Identifier.ValueText: var parameter } => parameter == name,
                _ => position < parameters.Length && parameters[position].Name == name,
            };
            if (found)
            {
                return argument;
            }

            position++;
        }

        return null;
    }
}
