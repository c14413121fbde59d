using Fovea.Generator.Declarations;
using Fovea.Generator.Graph;
using Fovea.Generator.Spec;
using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Heads;

/// <summary>
/// A head from its attributes to its network: all that the parser, the validator and the lowering ask a head. One object for each head, in
/// <see cref="HeadTable"/>.
/// </summary>
internal interface IHeadModule
{
    /// <summary>
    /// Metadata name of the attribute that declares a detector with this head. Its type parameter, and its arguments that concern
    /// more than the head, are named as those of <see cref="KnownNames.RetinaNet"/>.
    /// </summary>
    string Declaration { get; }

    /// <summary>Metadata names of the attributes that refine it.</summary>
    IReadOnlyList<string> Attributes { get; }

    /// <summary>The diagnostics that are its own.</summary>
    IReadOnlyList<DiagnosticDescriptor> Diagnostics { get; }

    /// <summary>Rules about its values, each by itself and with others.</summary>
    IReadOnlyList<SpecRule> Rules { get; }

    /// <summary>Of what compiles and is hardly meant.</summary>
    IReadOnlyList<SpecRule> Advice { get; }

    /// <summary>What its network is made of.</summary>
    NetworkParts Network { get; }

    /// <summary>From its attributes to its spec, every default filled in.</summary>
    /// <param name="preset">The preset whose values stand where nothing is declared.</param>
    HeadSpec Parse(DeclaredAttributes attributes, string preset, PyramidSpec pyramid);

    /// <summary>How large it is, of a spec whose values are each in range.</summary>
    IEnumerable<ModelPart> Parts(ModelSpec spec);
}
