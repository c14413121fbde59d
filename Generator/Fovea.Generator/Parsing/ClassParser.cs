using System.Globalization;
using Fovea.Generator.Declarations;
using Fovea.Generator.Spec;
using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Parsing;

/// <summary>From the class enum to channels: a member's value is its channel.</summary>
internal static class ClassParser
{
    /// <summary>Above any known data set (Open Images 600, LVIS 1 203, Objects365 365); a greater value is a slip or a flag.</summary>
    public const int MaxClasses = 10_000;

    /// <summary>Empty for a type that is no enum.</summary>
    public static EquatableArray<ClassMember> Members(ITypeSymbol type, CancellationToken cancellationToken)
    {
        var members = new List<ClassMember>();
        foreach (var field in Fields(type))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (field is { HasConstantValue: true, ConstantValue: { } value })
            {
                members.Add(new(field.Name, Name(field), Number(value)));
            }
        }

        return members.ToEquatableArray();
    }

    /// <summary>Whether every member has a name and a value, and none is declared twice: the compiler reports what is not so.</summary>
    public static bool AreReadable(ITypeSymbol type)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        return Fields(type).All(field => field is { HasConstantValue: true, ConstantValue: not null } && names.Add(field.Name));
    }

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

    private static IEnumerable<IFieldSymbol> Fields(ITypeSymbol type) =>
        type.TypeKind == TypeKind.Enum ? type.GetMembers().OfType<IFieldSymbol>().Where(field => field.IsStatic) : [];

    /// <summary>Other languages have enums of characters and of truth values, too.</summary>
    private static decimal Number(object value) => value switch
    {
        char character => character,
        bool truth => truth ? 1 : 0,
        _ => Convert.ToDecimal(value, CultureInfo.InvariantCulture),
    };

    /// <summary>A null is a name, though an empty one; an argument that does not compile is none.</summary>
    private static string Name(IFieldSymbol field)
    {
        var attribute = field.GetAttributes().FirstOrDefault(a => DeclaredAttributes.Is(a, KnownNames.ClassName.Attribute));
        return attribute is { ConstructorArguments: [{ Kind: TypedConstantKind.Primitive } name] }
            ? name.Value as string ?? ""
            : field.Name;
    }
}
