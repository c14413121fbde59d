using Fovea.Generator.Declarations;
using Fovea.Generator.Parsing;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Validation;

/// <summary>
/// Rules about the user's own members of a detector, beside which the generated ones must find a place. Silent about a type that is no
/// detector anyway.
/// </summary>
internal static class SurfaceRules
{
    public static IEnumerable<Problem> MembersAreFree(ModelSpec spec) =>
        from member in spec.Type.TakenMembers
        where CanBeGeneratedInto(spec)
        select Problems.On(Rules.MemberTaken, member, spec.Name, member switch
        {
            ".ctor" => $"a constructor {spec.Name}(DetectorOptions)",
            "Create" => "a member Create(ulong, DetectorOptions)",
            "Load" => "a member Load(string, DetectorOptions, LoadOptions), from a Stream and from ReadOnlyMemory<byte>, too",
            _ => $"a member {member}",
        });

    public static IEnumerable<Problem> NameIsFree(ModelSpec spec) =>
        SurfaceParser.Names.Contains(spec.Name) && CanBeGeneratedInto(spec) ? [Problems.At(Rules.NameTaken, [], spec.Name)] : [];

    public static IEnumerable<Problem> NothingIsRequired(ModelSpec spec) =>
        from member in spec.Type.RequiredMembers
        where CanBeGeneratedInto(spec)
        select Problems.On(Rules.RequiredMember, member, spec.Name, member);

    private static bool CanBeGeneratedInto(ModelSpec spec) => !TypeRules.CanBeGeneratedInto(spec).Any();
}
