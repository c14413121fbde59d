using Fovea.Generator.Declarations;
using Fovea.Generator.Parsing;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Validation;

/// <summary>Rules about the class enum.</summary>
internal static class ClassRules
{
    public static IEnumerable<Problem> EnumIsUsable(ModelSpec spec) => spec.Type.Classes switch
    {
        ClassEnumKind.NotAnEnum or ClassEnumKind.Unusable => [],
        ClassEnumKind.FileLocal => [Problems.At(Rules.FileLocalClasses, Classes(spec), Enum(spec), spec.Name)],
        ClassEnumKind.LessAccessible => [Problems.At(Rules.HiddenClasses, Classes(spec), Enum(spec), spec.Name)],
        ClassEnumKind.NestedInDetector => [Problems.At(Rules.ClassesInDetector, Classes(spec), Enum(spec), spec.Name)],
        _ => Problems.Unless(spec.ClassMembers.Count > 0, Rules.NoClasses, Classes(spec), Enum(spec)),
    };

    public static IEnumerable<Problem> ValuesAreChannels(ModelSpec spec)
    {
        var wrong = Members(spec).FirstOrDefault(m => m.Value is < 0 or >= ClassParser.MaxClasses);
        return wrong switch
        {
            { Member: null } => [],
            { Value: < 0 } => [Problems.At(Rules.NegativeClass, Classes(spec), Enum(spec), wrong.Member, wrong.Value)],
            _ => [Problems.At(
                Rules.ClassTooLarge, Classes(spec), Enum(spec), wrong.Member, wrong.Value, wrong.Value + 1, ClassParser.MaxClasses)],
        };
    }

    public static IEnumerable<Problem> ChannelsAreDistinct(ModelSpec spec) =>
        from same in Members(spec).GroupBy(m => m.Value)
        where same.Count() > 1
        select Problems.At(Rules.SharedChannel, Classes(spec), Enum(spec), same.First().Member, same.ElementAt(1).Member, same.Key);

    public static IEnumerable<Problem> NamesAreDistinct(ModelSpec spec)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in Members(spec))
        {
            if (string.IsNullOrWhiteSpace(member.Name))
            {
                yield return Problems.At(Rules.ClassNameTaken, Classes(spec), Enum(spec), member.Member, member.Name, "empty");
            }
            else if (HasHalfCharacter(member.Name))
            {
                yield return Problems.At(
                    Rules.ClassNameTaken, Classes(spec), Enum(spec), member.Member, member.Name,
                    "no text that a file can hold (half of a surrogate pair)");
            }
            else if (!taken.Add(member.Name))
            {
                yield return Problems.At(
                    Rules.ClassNameTaken, Classes(spec), Enum(spec), member.Member, member.Name, "another class's name");
            }
        }
    }

    /// <summary>Such text is no UTF-8, so a checkpoint cannot carry it.</summary>
    private static bool HasHalfCharacter(string name)
    {
        for (var i = 0; i < name.Length; i++)
        {
            if (char.IsSurrogatePair(name, i))
            {
                i++;
            }
            else if (char.IsSurrogate(name[i]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>None of an enum that the compiler reports.</summary>
    private static EquatableArray<ClassMember> Members(ModelSpec spec) =>
        spec.Type.Classes == ClassEnumKind.Unusable ? EquatableArray<ClassMember>.Empty : spec.ClassMembers;

    /// <summary>The type argument of what declares the detector.</summary>
    public static ArgumentName Classes(ModelSpec spec) => new(spec.Head.Declaration, KnownNames.RetinaNet.Classes);

    /// <summary>Without namespaces: "BloodCell".</summary>
    public static string Enum(ModelSpec spec) => spec.ClassEnum.Substring(spec.ClassEnum.LastIndexOfAny(['.', ':']) + 1);
}
