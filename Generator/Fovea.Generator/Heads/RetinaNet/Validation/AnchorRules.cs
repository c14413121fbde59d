using Fovea.Generator.Declarations;
using Fovea.Generator.Spec;
using Names = Fovea.Generator.KnownNames.Anchors;

namespace Fovea.Generator.Heads.RetinaNet.Validation;

/// <summary>Rules about [Anchors].</summary>
internal static class AnchorRules
{
    public static IEnumerable<Problem> BaseSizeIsInRange(ModelSpec spec)
    {
        var size = Anchors(spec).BaseSize;
        return Problems.Unless(Ranges.BaseSize.Contains(size), Diagnostics.AnchorBaseSize, On(Names.BaseSize), size);
    }

    public static IEnumerable<Problem> ScalesAreInRange(ModelSpec spec)
    {
        var scales = Anchors(spec).ScalesPerOctave;
        return Problems.Unless(scales is > 0 and <= 16, Diagnostics.AnchorScales, On(Names.ScalesPerOctave), scales);
    }

    public static IEnumerable<Problem> RatiosAreInRange(ModelSpec spec)
    {
        var ratios = Anchors(spec).Ratios;
        var different = ratios.Select(ratio => (float)ratio).Distinct().Count();
        var fine = ratios.Count is > 0 and <= 16 && ratios.All(Ranges.Ratio.Contains) && different == ratios.Count;
        return Problems.Unless(fine, Diagnostics.AnchorRatios, On(Names.Ratios), Problems.List(ratios));
    }

    private static AnchorSpec Anchors(ModelSpec spec) => RetinaNetSpec.Of(spec).Anchors;

    private static ArgumentName On(string argument) => new(Names.Attribute, argument);
}
