using System.Globalization;
using Fovea.Generator.Spec;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Fovea.Generator.Declarations;

/// <summary>
/// The arguments of an attribute that may be absent. An argument counts only if it is written in the source: attribute classes have a
/// constructor for each
/// combination of their parameters, so no default value looks like a declared one. Arguments that do not compile count as absent.
/// </summary>
internal readonly struct Arguments(AttributeData? attribute)
{
    /// <summary>The value of an enum argument that names no member.</summary>
    public const int Undefined = -1;

    public bool IsDeclared => attribute is not null;

    /// <summary>Whether the compiler has a value for every argument that is written; otherwise it reports the attribute.</summary>
    public static bool AreReadable(AttributeData attribute, CancellationToken cancellationToken)
    {
        if (attribute.AttributeConstructor is null
            || !attribute.ConstructorArguments.All(IsReadable)
            || !attribute.NamedArguments.All(argument => IsReadable(argument.Value)))
        {
            return false;
        }

        // Before C# 11 there are no generic attributes: the compiler reads them and reports them.
        var syntax = attribute.ApplicationSyntaxReference?.GetSyntax(cancellationToken) as AttributeSyntax;
        if (attribute.AttributeClass is { IsGenericType: true }
            && syntax?.SyntaxTree.Options is CSharpParseOptions { LanguageVersion: < LanguageVersion.CSharp11 })
        {
            return false;
        }

        return syntax?.ArgumentList is not { } written
            || (written.Arguments.Count(a => a.NameEquals is not null) == attribute.NamedArguments.Length
                && !(written.ContainsDiagnostics && written.GetDiagnostics().Any(d => d.Severity == DiagnosticSeverity.Error)));
    }

    public double Double(string name, double fallback) =>
        Find(name) is { Kind: TypedConstantKind.Primitive, Value: double value } ? value : fallback;

    public int Int(string name, int fallback) => Find(name) is { Kind: TypedConstantKind.Primitive, Value: int value } ? value : fallback;

    public bool Bool(string name, bool fallback) =>
        Find(name) is { Kind: TypedConstantKind.Primitive, Value: bool value } ? value : fallback;

    public EquatableArray<T> List<T>(string name, EquatableArray<T> fallback) =>
        Find(name) is { Kind: TypedConstantKind.Array } list
            ? (list.IsNull ? [] : list.Values).Select(v => v.Value).OfType<T>().ToEquatableArray()
            : fallback;

    /// <summary>The member of the same name; <see cref="Undefined"/> for a value without one.</summary>
    public T Enum<T>(string name, T fallback)
        where T : struct, Enum =>
        EnumName(name) is not { } member ? fallback
        : System.Enum.IsDefined(typeof(T), member) ? (T)System.Enum.Parse(typeof(T), member)
        : (T)System.Enum.ToObject(typeof(T), Undefined);

    /// <summary>The member's name; the number for a value without one; null where the argument is absent.</summary>
    public string? EnumName(string name)
    {
        if (Find(name) is not { Kind: TypedConstantKind.Enum, Value: { } value, Type: INamedTypeSymbol type })
        {
            return null;
        }

        var member = type.GetMembers().OfType<IFieldSymbol>().FirstOrDefault(f => f.HasConstantValue && value.Equals(f.ConstantValue));
        return member?.Name ?? Convert.ToString(value, CultureInfo.InvariantCulture);
    }

    private static bool IsReadable(TypedConstant value) =>
        value.Kind != TypedConstantKind.Error && (value.Kind != TypedConstantKind.Array || value.IsNull || value.Values.All(IsReadable));

    private TypedConstant? Find(string name)
    {
        if (attribute is null)
        {
            return null;
        }

        foreach (var argument in attribute.NamedArguments)
        {
            if (argument.Key == name)
            {
                return argument.Value;
            }
        }

        var parameters = attribute.AttributeConstructor?.Parameters ?? [];
        for (var i = 0; i < parameters.Length && i < attribute.ConstructorArguments.Length; i++)
        {
            if (parameters[i].Name == name)
            {
                return attribute.ConstructorArguments[i];
            }
        }

        return null;
    }
}
