using System.Globalization;
using Fovea.Generator.Spec;
using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Parsing;

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

    public double Double(string name, double fallback) => Find(name) is { Value: double value } ? value : fallback;

    public int Int(string name, int fallback) => Find(name) is { Value: int value } ? value : fallback;

    public bool Bool(string name, bool fallback) => Find(name) is { Value: bool value } ? value : fallback;

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
