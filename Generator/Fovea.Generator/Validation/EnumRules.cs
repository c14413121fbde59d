using Fovea.Generator.Declarations;
using Fovea.Generator.Parsing;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Validation;

/// <summary>One rule for every enum argument that is not the head's.</summary>
internal static class EnumRules
{
    private static readonly string[] ResizeRules = ["TorchVision", "TorchVision014"];

    public static IEnumerable<Problem> MembersAreDefined(ModelSpec spec)
    {
        var (b, pyramid) = (spec.Backbone, spec.Pyramid);
        return
        [
            .. Problems.UnlessNamed(
                "Backbone", b.Name, BackboneTable.Names, spec.Head.Declaration, KnownNames.RetinaNet.Backbone),
            .. Problems.UnlessNamed("Preset", spec.Preset, PresetTable.Names, spec.Head.Declaration, KnownNames.RetinaNet.Preset),
            .. spec.Resize is { } resize
                ? Problems.UnlessNamed("ResizeRule", resize.Rule, ResizeRules, KnownNames.Resize.Attribute, KnownNames.Resize.Rule)
                : [],
            .. Problems.UnlessMember("ResidualBlock", b.Block, KnownNames.Backbone.Attribute, KnownNames.Backbone.Block),
            .. Problems.UnlessMember("Norm", b.Norm, KnownNames.Backbone.Attribute, KnownNames.Backbone.Norm, NormKind.None),
            .. Problems.UnlessMember("NormStatistics", b.Statistics, KnownNames.Backbone.Attribute, KnownNames.Backbone.NormStatistics),
            .. Problems.UnlessMember("P6Source", pyramid.P6From, KnownNames.Pyramid.Attribute, KnownNames.Pyramid.P6From),
        ];
    }
}
