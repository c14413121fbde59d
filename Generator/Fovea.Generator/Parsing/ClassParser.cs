using System.Globalization;
using Fovea.Generator.Spec;
using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Parsing;

/// <summary>From the class enum to channels: a member's value is its channel.</summary>
internal static class ClassParser
{
    /// <summary>Above any known data set (Open Images 600, LVIS 1 203, Objects365 365); a greater value is a slip or a flag.</summary>
    public const int MaxClasses = 10_000;

    /// <summary>Empty for a type that is no enum.</summary>
    public static EquatableArray<ClassMember> Members(ITypeSymbol type) => type.TypeKind != TypeKind.Enum
        ? EquatableArray<ClassMember>.Empty
        : type.GetMembers().OfType<IFieldSymbol>()
            .Where(f => f is { HasConstantValue: true, ConstantValue: not null })
            .Select(f => new ClassMember(f.Name, Name(f), Convert.ToDecimal(f.ConstantValue, CultureInfo.InvariantCulture)))
            .ToEquatableArray();

    /// <summary>K names by channel, null for gaps; empty where a value is no channel.</summary>
    public static EquatableArray<string?> Names(EquatableArray<ClassMember> members)
    {
        if (members.Count == 0 || members.Any(m => m.Value is < 0 or >= MaxClasses))
        {
            return EquatableArray<string?>.Empty;
        }

        var names = new string?[(int)members.Max(m => m.Value) + 1];
        foreach (var member in members)
        {
            names[(int)member.Value] ??= member.Name;
        }

        return names.ToEquatableArray();
    }

    private static string Name(IFieldSymbol field)
    {
        var attribute = field.GetAttributes().FirstOrDefault(a => ModelParser.IsAttribute(a, KnownNames.ClassName.Attribute));
        return attribute is { ConstructorArguments: [{ Value: string name }] } ? name : field.Name;
    }
}
