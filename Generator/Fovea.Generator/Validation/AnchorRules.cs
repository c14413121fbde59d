using Fovea.Generator.Spec;
using Names = Fovea.Generator.KnownNames.Anchors;

namespace Fovea.Generator.Validation;

/// <summary>Rules about [Anchors].</summary>
internal static class AnchorRules
{
    public static IEnumerable<Problem> BaseSizeIsInRange(ModelSpec spec) =>
        Problems.Unless(Range.BaseSize.Contains(spec.Anchors.BaseSize), Rules.AnchorBaseSize, On(Names.BaseSize), spec.Anchors.BaseSize);

    public static IEnumerable<Problem> ScalesAreInRange(ModelSpec spec) =>
        Problems.Unless(
            spec.Anchors.ScalesPerOctave is > 0 and <= 16, Rules.AnchorScales, On(Names.ScalesPerOctave), spec.Anchors.ScalesPerOctave);

    public static IEnumerable<Problem> RatiosAreInRange(ModelSpec spec)
    {
        var ratios = spec.Anchors.Ratios;
        var different = ratios.Select(ratio => (float)ratio).Distinct().Count();
        var fine = ratios.Count is > 0 and <= 16 && ratios.All(Range.Ratio.Contains) && different == ratios.Count;
        return Problems.Unless(fine, Rules.AnchorRatios, On(Names.Ratios), Problems.List(ratios));
    }

    private static ArgumentName On(string argument) => new(Names.Attribute, argument);
}
