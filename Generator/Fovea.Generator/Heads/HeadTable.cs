using Fovea.Generator.Heads.RetinaNet;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Heads;

/// <summary>The heads that there are. Each is a folder here: another one is a row more in both members.</summary>
internal static class HeadTable
{
    /// <summary>Of a detector that is declared by [RetinaNet&lt;T&gt;].</summary>
    public static IHeadModule RetinaNet { get; } = new RetinaNetModule();

    public static IReadOnlyList<IHeadModule> All { get; } = [RetinaNet];

    /// <summary>The head that a spec declares.</summary>
    public static IHeadModule Of(ModelSpec spec) => spec.Head switch
    {
        RetinaNetSpec => RetinaNet,
        var other => throw new InvalidOperationException(
            $"{other.GetType().Name} is no head's spec; expected a row in the table of heads."),
    };
}
