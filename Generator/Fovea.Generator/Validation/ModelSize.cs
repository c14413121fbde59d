using System.Numerics;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Validation;

/// <summary>One part of the network: what it stores, and what its values are like.</summary>
/// <param name="Name">For messages: "layer4".</param>
/// <param name="Elements">Elements of its weights, biases and norms, each tensor a multiple of 64 bytes long.</param>
/// <param name="Maps">Channels of its feature maps, and how often each is halved.</param>
/// <param name="At">The arguments that make it large, the first that is written to blame.</param>
internal sealed record ModelPart(
    string Name, BigInteger Elements, IReadOnlyList<(BigInteger Channels, int Halvings)> Maps, IReadOnlyList<ArgumentName> At);

/// <summary>
/// How large a declared model is, before anything of it is built and in numbers that cannot overflow. The lowering makes what is counted
/// here; a test compares the two.
/// </summary>
internal static class ModelSize
{
    /// <summary>What the layout aligns tensors to, in elements.</summary>
    private const int Alignment = 16;

    private static readonly ArgumentName[] Widths =
    [
        new(KnownNames.Backbone.Attribute, KnownNames.Backbone.BaseWidth),
        new(KnownNames.Backbone.Attribute, KnownNames.Backbone.WidthPerGroup),
        new(KnownNames.Backbone.Attribute, KnownNames.Backbone.Groups),
        new(KnownNames.Backbone.Attribute, KnownNames.Backbone.StageBlocks),
    ];

    private static readonly ArgumentName PyramidChannels = new(KnownNames.Pyramid.Attribute, KnownNames.Pyramid.Channels);

    private static readonly ArgumentName HeadWidth = new(KnownNames.Head.Attribute, KnownNames.Head.Width);

    private static readonly ArgumentName[] Outputs =
    [
        new(KnownNames.Anchors.Attribute, KnownNames.Anchors.ScalesPerOctave),
        new(KnownNames.Anchors.Attribute, KnownNames.Anchors.Ratios),
        HeadWidth,
        PyramidChannels,
        new(KnownNames.RetinaNet.Attribute, KnownNames.RetinaNet.Classes),
    ];

    /// <summary>Of a spec whose arguments are each in range.</summary>
    public static IEnumerable<ModelPart> Parts(ModelSpec spec)
    {
        var b = spec.Backbone;
        yield return new("the stem", Conv(3, b.BaseWidth, 7) + Norm(b.BaseWidth), [(b.BaseWidth, 1)], Widths);
        for (var stage = 1; stage <= Stages(spec); stage++)
        {
            yield return Stage(b, stage);
        }

        yield return Pyramid(spec);
        yield return Head("the classification head", spec, (BigInteger)spec.Anchors.PerCell * spec.Classes);
        yield return Head("the regression head", spec, (BigInteger)spec.Anchors.PerCell * 4);
    }

    /// <summary>Stages that a level needs: layer1 makes C2.</summary>
    public static int Stages(ModelSpec spec) => Math.Min(spec.Pyramid.MaxLevel, 5) - 1;

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
        return new($"layer{stage}", elements, [(width, inner), (channels, stage + 1)], Widths);

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

        return new("the pyramid", elements, [(p.Channels, p.MinLevel)], [PyramidChannels]);
    }

    private static ModelPart Head(string name, ModelSpec spec, BigInteger outputs)
    {
        var (h, channels, level) = (spec.Head, spec.Pyramid.Channels, spec.Pyramid.MinLevel);
        var normed = h.Norm == NormKind.GroupNorm;
        var tower = Hidden(channels) + ((h.Depth - 1) * Hidden(h.Width));
        var last = Conv(h.Width, outputs, 3, bias: true);
        ArgumentName[] at = last > tower || outputs > h.Width ? Outputs : [HeadWidth, PyramidChannels];
        return new(name, tower + last, [(h.Width, level), (outputs, level)], at);

        BigInteger Hidden(BigInteger from) => Conv(from, h.Width, 3, bias: !normed) + (normed ? Norm(h.Width) : 0);
    }

    private static BigInteger Conv(BigInteger from, BigInteger to, int kernel, int groups = 1, bool bias = false) =>
        Aligned(to * kernel * kernel * (from / groups)) + (bias ? Aligned(to) : 0);

    private static BigInteger Norm(BigInteger channels) => 2 * Aligned(channels);

    private static BigInteger Aligned(BigInteger length) => (length + Alignment - 1) / Alignment * Alignment;
}
