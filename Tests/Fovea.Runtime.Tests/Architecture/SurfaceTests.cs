using System.ComponentModel;
using System.Reflection;

namespace Fovea.Tests.Architecture;

/// <summary>One <c>using Fovea</c> is enough: what a user can see names nothing that is meant for generated code.</summary>
public class SurfaceTests
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    [Fact]
    public void What_a_user_sees_names_only_what_a_user_can_name()
    {
        var seen = typeof(Detector).Assembly.GetExportedTypes().Where(type => type.Namespace == "Fovea" && !IsHidden(type)).ToArray();
        var hidden = seen.SelectMany(type => type.GetMembers(Declared).Where(IsSeen).SelectMany(
            member => Named(member).SelectMany(Parts).Where(IsHidden).Select(named => $"{type.Name}.{member.Name} names {named.FullName}")));

        Assert.True(seen.Length > 50, $"{seen.Length} types");
        Assert.Equal("", string.Join('\n', hidden.Distinct()));
    }

    [Fact]
    public void What_only_generated_code_names_is_hidden_from_the_editors_lists()
    {
        var types = typeof(Detector).Assembly.GetExportedTypes().Where(type => type is { Namespace: "Fovea.CompilerServices", IsNested: false });

        Assert.All(types, type => Assert.True(IsHidden(type), type.FullName));
    }

    /// <summary>Public or protected, not hidden; a record's own members and accessors are seen as the property that they belong to.</summary>
    private static bool IsSeen(MemberInfo member) => !IsHidden(member) && member switch
    {
        MethodBase { IsSpecialName: true, IsConstructor: false } or MethodBase { Name: "Deconstruct" } => false,
        ConstructorInfo constructor => IsOpen(constructor) && !IsOfRecord(constructor),
        MethodInfo method => IsOpen(method),
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(IsOpen),
        FieldInfo field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly,
        _ => false,
    };

    private static bool IsOpen(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    /// <summary>A record's primary constructor repeats its properties; who may not see some of them does not call it.</summary>
    private static bool IsOfRecord(ConstructorInfo constructor) =>
        constructor.DeclaringType!.GetMethod("PrintMembers", Declared) != null;

    private static IEnumerable<Type> Named(MemberInfo member) => member switch
    {
        ConstructorInfo constructor => constructor.GetParameters().Select(parameter => parameter.ParameterType),
        MethodInfo method => method.GetParameters().Select(parameter => parameter.ParameterType).Append(method.ReturnType),
        PropertyInfo property => [property.PropertyType],
        FieldInfo field => [field.FieldType],
        _ => [],
    };

    private static IEnumerable<Type> Parts(Type type) => type switch
    {
        { HasElementType: true } => Parts(type.GetElementType()!),
        { IsGenericType: true } => type.GetGenericArguments().SelectMany(Parts).Append(type.GetGenericTypeDefinition()),
        _ => [type],
    };

    private static bool IsHidden(MemberInfo member) =>
        member.GetCustomAttribute<EditorBrowsableAttribute>() is { State: EditorBrowsableState.Never };
}
