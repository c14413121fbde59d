using System.Globalization;
using Fovea.Generator.Spec;
using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Declarations;

/// <summary>How rules write problems.</summary>
internal static class Problems
{
    public static Problem At(DiagnosticDescriptor rule, ArgumentName at, params object[] values) => At(rule, [at], values);

    public static Problem At(DiagnosticDescriptor rule, ArgumentName[] at, params object[] values) =>
        new(rule, at.ToEquatableArray(), values.Select(Text).ToEquatableArray());

    /// <summary>On one of the detector's members.</summary>
    public static Problem On(DiagnosticDescriptor rule, string member, params object[] values) =>
        At(rule, [], values) with { Member = member };

    /// <summary>At most one problem.</summary>
    public static IEnumerable<Problem> Unless(bool fine, DiagnosticDescriptor rule, ArgumentName at, params object[] values) =>
        fine ? [] : [At(rule, at, values)];

    /// <summary>
    /// An enum argument that the spec has as a name: a cast such as <c>(Backbone)49</c> names no member.
    /// </summary>
    public static IEnumerable<Problem> UnlessNamed(
        string type, string found, IEnumerable<string> names, string attribute, string argument) =>
        Unless(
            names.Contains(found, StringComparer.Ordinal), Rules.UndefinedMember, new(attribute, argument), type, $" ({found})",
            string.Join(", ", names));

    /// <summary>An enum argument that the spec has as a member of an enum of its own.</summary>
    /// <param name="except">Members that the spec's enum has and the attribute's has not.</param>
    public static IEnumerable<Problem> UnlessMember<T>(string type, T found, string attribute, string argument, params T[] except)
        where T : struct, Enum
    {
        var members = Enum.GetValues(typeof(T)).Cast<T>().Except(except).ToArray();
        return Unless(members.Contains(found), Rules.UndefinedMember, new(attribute, argument), type, "", string.Join(", ", members));
    }

    /// <summary>
    /// A number that the generated code has in single precision: 1e-60 would become 0 and 0.99999999 become 1, other numbers than the
    /// declared ones, and not in their ranges. Silent about one that is out of range anyway.
    /// </summary>
    public static IEnumerable<Problem> UnlessAFloat(ArgumentName at, double value, NumberRange range) =>
        Unless(
            !range.Contains(value) || range.ContainsAsFloat(value), Rules.LostAsFloat, at, at.Argument!, value, (double)(float)value);

    public static string Text(object value) => value switch
    {
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    public static string List<T>(IEnumerable<T> values) => "[" + string.Join(", ", values.Select(v => Text(v!))) + "]";
}
