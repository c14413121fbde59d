using System.Numerics;
using Fovea.Generator.Declarations;
using Fovea.Generator.Heads;
using Fovea.Generator.Spec;
using static Fovea.Generator.Declarations.PartSize;

namespace Fovea.Generator.Validation;

/// <summary>
/// How large a declared model is, before anything of it is built and in numbers that cannot overflow. The lowering makes what is counted
/// here; a test compares the two. What the head counts is its own to say.
/// </summary>
internal static class ModelSize
{
    private static readonly ArgumentName[] Widths =
    [
        new(KnownNames.Backbone.Attribute, KnownNames.Backbone.BaseWidth),
        new(KnownNames.Backbone.Attribute, KnownNames.Backbone.WidthPerGroup),
        new(KnownNames.Backbone.Attribute, KnownNames.Backbone.Groups),
        new(KnownNames.Backbone.Attribute, KnownNames.Backbone.StageBlocks),
    ];

    private static readonly ArgumentName PyramidChannels = new(KnownNames.Pyramid.Attribute, KnownNames.Pyramid.Channels);

    /// <summary>Of a spec whose arguments are each in range.</summary>
    /// <param name="head">The spec's.</param>
    public static IEnumerable<ModelPart> Parts(ModelSpec spec, IHeadModule head)
    {
        var b = spec.Backbone;
        yield return new("the stem", Conv(3, b.BaseWidth, 7) + Norm(b.BaseWidth), [new(b.BaseWidth, 1)], Widths);
        for (var stage = 1; stage <= Stages(spec); stage++)
        {
            yield return Stage(b, stage);
        }

        yield return Pyramid(spec);
        foreach (var part in head.Parts(spec))
        {
            yield return part;
        }
    }

    /// <summary>Stages that a level needs: layer1 makes C2. One at least and four at most, whatever has been declared.</summary>
    public static int Stages(ModelSpec spec) => Math.Max(2, Math.Min(spec.Pyramid.MaxLevel, 5)) - 1;

    /// <summary>Channels between the two 1×1 convolutions of a bottleneck, or within a basic block.</summary>
    public static BigInteger InnerWidth(BackboneSpec b, int stage)
    {
        var planes = Planes(b, stage);
        return b.Block == BlockKind.Bottleneck ? planes * b.WidthPerGroup / 64 * b.Groups : planes;
    }

    private static BigInteger Planes(BackboneSpec b, int stage) => new BigInteger(b.BaseWidth) << (stage - 1);

    private static BigInteger OutChannels(BackboneSpec b, int stage) => Planes(b, stage) * (b.Block == BlockKind.Bottleneck ? 4 : 1);

    private static ModelPart Stage(BackboneSpec b, int stage)
    {
        var (width, channels) = (InnerWidth(b, stage), OutChannels(b, stage));
        var before = stage == 1 ? b.BaseWidth : OutChannels(b, stage - 1);
        var others = b.StageBlocks[stage - 1] - 1;
        var projection = stage > 1 || before != channels ? Conv(before, channels, 1) + Norm(channels) : 0;
        var elements = Block(before) + projection + (others * Block(channels));

        // The first block's 1×1 convolution comes before the stride, which is in the 3×3.
        var inner = b.Block == BlockKind.Bottleneck && stage > 1 ? stage : stage + 1;
        return new($"layer{stage}", elements, [new(width, inner), new(channels, stage + 1)], Widths);

        BigInteger Block(BigInteger from) => b.Block == BlockKind.Bottleneck
            ? Conv(from, width, 1) + Norm(width) + Conv(width, width, 3, b.Groups) + Norm(width) + Conv(width, channels, 1) + Norm(channels)
            : Conv(from, channels, 3) + Norm(channels) + Conv(channels, channels, 3) + Norm(channels);
    }

    private static ModelPart Pyramid(ModelSpec spec)
    {
        var (p, elements) = (spec.Pyramid, BigInteger.Zero);
        for (var level = p.MinLevel; level <= Math.Min(p.MaxLevel, 5); level++)
        {
            elements += Conv(OutChannels(spec.Backbone, level - 1), p.Channels, 1, bias: true);
            elements += Conv(p.Channels, p.Channels, 3, bias: true);
        }

        for (var level = 6; level <= p.MaxLevel; level++)
        {
            var from = level == 6 && p.P6From == P6Source.C5 ? OutChannels(spec.Backbone, 4) : p.Channels;
            elements += Conv(from, p.Channels, 3, bias: true);
        }

        return new("the pyramid", elements, [new(p.Channels, p.MinLevel, p.Levels)], [PyramidChannels]);
    }
}
