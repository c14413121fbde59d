using System.Numerics;
using Fovea.Generator.Declarations;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Heads.RetinaNet.Validation;

/// <summary>How large the two heads are.</summary>
internal static class RetinaNetSize
{
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

    public static IEnumerable<ModelPart> Parts(ModelSpec spec)
    {
        var anchors = (BigInteger)RetinaNetSpec.Of(spec).Anchors.PerCell;
        yield return Head("the classification head", spec, anchors * spec.Classes);
        yield return Head("the regression head", spec, anchors * 4);
    }

    private static ModelPart Head(string name, ModelSpec spec, BigInteger outputs)
    {
        var (towers, channels, p) = (RetinaNetSpec.Of(spec).Towers, spec.Pyramid.Channels, spec.Pyramid);
        var normed = towers.Norm == NormKind.GroupNorm;
        var tower = Hidden(channels) + ((towers.Depth - 1) * Hidden(towers.Width));
        var last = PartSize.Conv(towers.Width, outputs, 3, bias: true);
        ArgumentName[] at = last > tower || outputs > towers.Width ? Outputs : [HeadWidth, PyramidChannels];
        return new(name, tower + last, [new(towers.Width, p.MinLevel, p.Levels), new(outputs, p.MinLevel, p.Levels)], at);

        BigInteger Hidden(BigInteger from) =>
            PartSize.Conv(from, towers.Width, 3, bias: !normed) + (normed ? PartSize.Norm(towers.Width) : 0);
    }
}
