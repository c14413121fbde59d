using Fovea.Generator.Declarations;
using Fovea.Generator.Spec;
using Names = Fovea.Generator.KnownNames.Head;

namespace Fovea.Generator.Heads.RetinaNet.Validation;

/// <summary>Rules about [Head].</summary>
internal static class TowerRules
{
    private const int MaxWidth = 4096;

    public static IEnumerable<Problem> SizeIsInRange(ModelSpec spec)
    {
        var t = Towers(spec);
        return
        [
            .. Problems.Unless(t.Depth is > 0 and <= 16, Diagnostics.HeadSize, On(Names.Depth), Names.Depth, t.Depth, "1 to 16"),
            // A width that comes from the pyramid is the pyramid's to report.
            .. Problems.Unless(
                WidthIsFine(t) || t.Width == spec.Pyramid.Channels, Diagnostics.HeadSize, On(Names.Width), Names.Width, t.Width,
                $"1 to {MaxWidth}"),
            .. Problems.Unless(
                t.Groups is > 0 and <= MaxWidth, Diagnostics.HeadSize, On(Names.Groups), Names.Groups, t.Groups,
                "a divisor of the heads' width"),
        ];
    }

    public static IEnumerable<Problem> GroupsDivide(ModelSpec spec)
    {
        var t = Towers(spec);
        return t.Norm != NormKind.GroupNorm || t.Groups is <= 0 or > MaxWidth || !WidthIsFine(t) || t.Width % t.Groups == 0
            ? []
            : [Problems.At(
                Diagnostics.HeadGroups,
                [On(Names.Groups), On(Names.Width), new(KnownNames.Pyramid.Attribute, KnownNames.Pyramid.Channels), On(Names.Norm)],
                t.Groups, t.Width)];
    }

    public static IEnumerable<Problem> PriorIsInRange(ModelSpec spec) =>
        Problems.Unless(Ranges.Prior.Contains(Towers(spec).Prior), Diagnostics.Prior, On(Names.Prior), Towers(spec).Prior);

    /// <summary>Advice.</summary>
    public static IEnumerable<Problem> GroupsHaveANorm(ModelSpec spec) =>
        Problems.Unless(Towers(spec).Norm == NormKind.GroupNorm, Diagnostics.UnusedHeadGroups, On(Names.Groups));

    private static TowerSpec Towers(ModelSpec spec) => RetinaNetSpec.Of(spec).Towers;

    private static bool WidthIsFine(TowerSpec towers) => towers.Width is > 0 and <= MaxWidth;

    private static ArgumentName On(string argument) => new(Names.Attribute, argument);
}
