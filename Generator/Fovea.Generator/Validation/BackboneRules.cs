using System.Numerics;
using Fovea.Generator.Declarations;
using Fovea.Generator.Parsing;
using Fovea.Generator.Spec;
using Names = Fovea.Generator.KnownNames.Backbone;

namespace Fovea.Generator.Validation;

/// <summary>Rules about [Backbone].</summary>
internal static class BackboneRules
{
    private const int MaxWidth = 4096;

    public static IEnumerable<Problem> CustomHasBlocks(ModelSpec spec) =>
        IsCustom(spec) && spec.Backbone.StageBlocks.Count == 0
            ? [Problems.At(
                Rules.CustomWithoutBlocks,
                [On(Names.StageBlocks), new(spec.Head.Declaration, KnownNames.RetinaNet.Backbone), On(null)])]
            : [];

    public static IEnumerable<Problem> NamedKeepsItsShape(ModelSpec spec)
    {
        var b = spec.Backbone;
        return BackboneTable.Find(b.Name) is not { } shape ? [] :
        [
            .. Fixed(Names.Block, b.Block, shape.Block, Enum.IsDefined(typeof(BlockKind), b.Block)),
            .. Fixed(Names.StageBlocks, Problems.List(b.StageBlocks), Problems.List(shape.StageBlocks)),
            .. Fixed(Names.BaseWidth, b.BaseWidth, shape.BaseWidth),
            .. Fixed(Names.Groups, b.Groups, shape.Groups),
            .. Fixed(Names.WidthPerGroup, b.WidthPerGroup, shape.WidthPerGroup),
        ];

        IEnumerable<Problem> Fixed(string argument, object found, object expected, bool judge = true) =>
            Problems.Unless(!judge || found.Equals(expected), Rules.FixedByBackbone, On(argument), argument, found, b.Name, expected);
    }

    public static IEnumerable<Problem> BlocksAreInRange(ModelSpec spec)
    {
        var blocks = spec.Backbone.StageBlocks;
        return Problems.Unless(
            !IsCustom(spec) || blocks.Count == 0 || BlocksAreFine(blocks), Rules.StageBlocks, On(Names.StageBlocks), Problems.List(blocks));
    }

    public static IEnumerable<Problem> WidthsAreInRange(ModelSpec spec)
    {
        var b = spec.Backbone;
        return !IsCustom(spec) ? Width(Names.NormGroups, b.NormGroups) :
        [
            .. Width(Names.BaseWidth, b.BaseWidth),
            .. Width(Names.Groups, b.Groups),
            .. Width(Names.WidthPerGroup, b.WidthPerGroup),
            .. Width(Names.NormGroups, b.NormGroups),
        ];

        static IEnumerable<Problem> Width(string argument, int value) =>
            Problems.Unless(value is > 0 and <= MaxWidth, Rules.BackboneWidth, On(argument), argument, value, $"1 to {MaxWidth}");
    }

    public static IEnumerable<Problem> BasicHasNoGroups(ModelSpec spec)
    {
        var b = spec.Backbone;
        return b.Block != BlockKind.Basic || !IsCustom(spec) || !WidthsAreFine(b) ? [] :
        [
            .. Problems.Unless(b.Groups == 1, Rules.BasicBlockWidth, On(Names.Groups), Names.Groups, b.Groups, 1),
            .. Problems.Unless(
                b.WidthPerGroup == 64, Rules.BasicBlockWidth, On(Names.WidthPerGroup), Names.WidthPerGroup, b.WidthPerGroup, 64),
        ];
    }

    public static IEnumerable<Problem> BottleneckHasChannels(ModelSpec spec)
    {
        var b = spec.Backbone;
        return b.Block != BlockKind.Bottleneck || !WidthsAreFine(b) || b.BaseWidth * b.WidthPerGroup >= 64
            ? []
            : [Problems.At(Rules.BottleneckTooNarrow, [On(Names.WidthPerGroup), On(Names.BaseWidth)], b.BaseWidth, b.WidthPerGroup)];
    }

    /// <summary>The first width that the groups do not divide.</summary>
    public static IEnumerable<Problem> NormGroupsDivide(ModelSpec spec)
    {
        var b = spec.Backbone;
        return b.Norm != NormKind.GroupNorm || !WidthsAreFine(b) || b.NormGroups <= 0
            ? []
            : (from width in Widths(b, ModelSize.Stages(spec))
               where width.Channels % b.NormGroups != 0
               select Problems.At(
                   Rules.NormGroups, [On(Names.NormGroups), On(Names.BaseWidth), On(Names.Norm)],
                   b.NormGroups, width.Channels, width.Where)).Take(1);
    }

    public static IEnumerable<Problem> FrozenStagesAreInRange(ModelSpec spec) =>
        Problems.Unless(
            spec.Backbone.FrozenStages is >= 0 and <= 5, Rules.FrozenStages, On(Names.FrozenStages), spec.Backbone.FrozenStages);

    private static IEnumerable<(BigInteger Channels, string Where)> Widths(BackboneSpec b, int stages)
    {
        yield return (b.BaseWidth, "the stem");
        for (var stage = 1; stage <= stages; stage++)
        {
            yield return (ModelSize.InnerWidth(b, stage), b.Block == BlockKind.Basic ? $"layer{stage}" : $"layer{stage}'s bottlenecks");
        }
    }

    private static bool IsCustom(ModelSpec spec) => spec.Backbone.Name == BackboneTable.Custom;

    private static bool BlocksAreFine(EquatableArray<int> blocks) => blocks.Count == 4 && blocks.All(n => n is > 0 and <= 256);

    private static bool WidthsAreFine(BackboneSpec b) =>
        new[] { b.BaseWidth, b.Groups, b.WidthPerGroup }.All(width => width is > 0 and <= MaxWidth);

    private static ArgumentName On(string? argument) => new(Names.Attribute, argument);
}
