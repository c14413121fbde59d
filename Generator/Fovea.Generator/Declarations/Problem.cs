using Fovea.Generator.Spec;
using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Declarations;

/// <summary>Names an attribute argument without a location.</summary>
/// <param name="Attribute">Metadata name, from <see cref="KnownNames"/>.</param>
/// <param name="Argument">Null for the attribute itself.</param>
/// <param name="Occurrence">Which of repeated attributes, from 0.</param>
internal readonly record struct ArgumentName(string Attribute, string? Argument = null, int Occurrence = 0);

/// <summary>Something wrong in a spec.</summary>
/// <param name="Rule">Which rule it breaks.</param>
/// <param name="At">The argument to blame; where it is not in the source, the next one. Empty: the declared type itself.</param>
/// <param name="Values">The values of the rule's message.</param>
/// <param name="Member">A member of the detector that is to blame, by its metadata name, instead of an argument.</param>
internal sealed record Problem(
    DiagnosticDescriptor Rule, EquatableArray<ArgumentName> At, EquatableArray<string> Values, string? Member = null);

/// <summary>One thing that a spec must be, as a function from the spec to its problems.</summary>
internal delegate IEnumerable<Problem> SpecRule(ModelSpec spec);
