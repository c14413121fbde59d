using Fovea.Generator.Declarations;
using Fovea.Generator.Spec;
using Names = Fovea.Generator.KnownNames.Pyramid;

namespace Fovea.Generator.Validation;

/// <summary>Rules about [Pyramid].</summary>
internal static class PyramidRules
{
    public static IEnumerable<Problem> LevelsAreInRange(ModelSpec spec) =>
    [
        .. Problems.Unless(MinIsFine(spec), Rules.PyramidLevel, On(Names.MinLevel), Names.MinLevel, spec.Pyramid.MinLevel, "2 to 5"),
        .. Problems.Unless(MaxIsFine(spec), Rules.PyramidLevel, On(Names.MaxLevel), Names.MaxLevel, spec.Pyramid.MaxLevel, "3 to 7"),
    ];

    public static IEnumerable<Problem> LevelsAreOrdered(ModelSpec spec) =>
        MinIsFine(spec) && MaxIsFine(spec) && spec.Pyramid.MinLevel > spec.Pyramid.MaxLevel
            ? [Problems.At(Rules.PyramidOrder, [On(Names.MaxLevel), On(Names.MinLevel)], spec.Pyramid.MinLevel, spec.Pyramid.MaxLevel)]
            : [];

    public static IEnumerable<Problem> ChannelsAreInRange(ModelSpec spec) =>
        Problems.Unless(spec.Pyramid.Channels is > 0 and <= 4096, Rules.PyramidChannels, On(Names.Channels), spec.Pyramid.Channels);

    private static bool MinIsFine(ModelSpec spec) => spec.Pyramid.MinLevel is >= 2 and <= 5;

    private static bool MaxIsFine(ModelSpec spec) => spec.Pyramid.MaxLevel is >= 3 and <= 7;

    private static ArgumentName On(string argument) => new(Names.Attribute, argument);
}
