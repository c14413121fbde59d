using Fovea.Generator.Declarations;
using Fovea.Generator.Spec;
using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Validation;

/// <summary>Rules about the declared type. One that is not partial is the compiler's to report (CS0260).</summary>
internal static class TypeRules
{
    /// <summary>The first obstacle only: the others may vanish with it.</summary>
    public static IEnumerable<Problem> CanBeGeneratedInto(ModelSpec spec)
    {
        var type = spec.Type;
        return type switch
        {
            { CompilerReports: true } => [],
            { SystemIsHidden: true } => [OnType(Rules.HiddenSystem)],
            { OldLanguage.Length: > 0 } => [OnType(Rules.OldLanguage, type.OldLanguage)],
            { IsFileLocal: true } => [OnType(Rules.FileLocalType)],
            { ContainingTypes.Count: > 0 } => [OnType(Rules.NestedType, Last(type.ContainingTypes))],
            { IsRecord: true } => [OnType(Rules.RecordType)],
            { IsStatic: true } => [OnType(Rules.StaticType)],
            { TypeParameters.Count: > 0 } => [OnType(Rules.GenericType, string.Join(", ", type.TypeParameters))],
            { IsAbstract: true } => [OnType(Rules.AbstractType)],
            { HasPrimaryConstructor: true } => [OnType(Rules.PrimaryConstructor)],
            { Base: BaseKind.Other or BaseKind.OtherDetector } => [OnType(Rules.OtherBase, type.BaseName)],
            _ => [],
        };

        Problem OnType(DiagnosticDescriptor rule, params string[] values) =>
            Problems.At(rule, [], [spec.Name, .. values]);
    }

    /// <summary>The name in "partial class Name".</summary>
    private static string Last(EquatableArray<string> headers) => headers[headers.Count - 1].Split(' ').Last();
}
