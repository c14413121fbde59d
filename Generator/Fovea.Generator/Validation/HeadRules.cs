using Fovea.Generator.Spec;
using Names = Fovea.Generator.KnownNames.Head;

namespace Fovea.Generator.Validation;

/// <summary>Rules about [Head].</summary>
internal static class HeadRules
{
    private const int MaxWidth = 4096;

    public static IEnumerable<Problem> SizeIsInRange(ModelSpec spec) =>
    [
        .. Problems.Unless(spec.Head.Depth is > 0 and <= 16, Rules.HeadSize, On(Names.Depth), Names.Depth, spec.Head.Depth, "1 to 16"),
        // A width that comes from the pyramid is the pyramid's to report.
        .. Problems.Unless(
            WidthIsFine(spec) || spec.Head.Width == spec.Pyramid.Channels, Rules.HeadSize, On(Names.Width), Names.Width, spec.Head.Width,
            $"1 to {MaxWidth}"),
        .. Problems.Unless(
            spec.Head.Groups is > 0 and <= MaxWidth, Rules.HeadSize, On(Names.Groups), Names.Groups, spec.Head.Groups,
            "a divisor of the heads' width"),
    ];

    public static IEnumerable<Problem> GroupsDivide(ModelSpec spec)
    {
        var h = spec.Head;
        return h.Norm != NormKind.GroupNorm || h.Groups is <= 0 or > MaxWidth || !WidthIsFine(spec) || h.Width % h.Groups == 0
            ? []
            : [Problems.At(
                Rules.HeadGroups,
                [On(Names.Groups), On(Names.Width), new(KnownNames.Pyramid.Attribute, KnownNames.Pyramid.Channels), On(Names.Norm)],
                h.Groups, h.Width)];
    }

    public static IEnumerable<Problem> PriorIsInRange(ModelSpec spec) =>
        Problems.Unless(Range.Prior.Contains(spec.Head.Prior), Rules.Prior, On(Names.Prior), spec.Head.Prior);

    private static bool WidthIsFine(ModelSpec spec) => spec.Head.Width is > 0 and <= MaxWidth;

    private static ArgumentName On(string argument) => new(Names.Attribute, argument);
}
