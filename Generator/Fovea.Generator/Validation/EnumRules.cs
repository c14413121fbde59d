using Fovea.Generator.Parsing;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Validation;

/// <summary>One rule for every enum argument: a cast such as <c>(Backbone)49</c> names no member.</summary>
internal static class EnumRules
{
    private static readonly string[] BoxLosses = ["L1", "SmoothL1", "GIoU", "DIoU", "CIoU"];

    private static readonly string[] Normalizers = ["ImageForeground", "RunningForeground"];

    private static readonly string[] ResizeRules = ["TorchVision", "TorchVision014"];

    public static IEnumerable<Problem> MembersAreDefined(ModelSpec spec) =>
    [
        .. Named("Backbone", spec.Backbone.Name, BackboneTable.Names, KnownNames.RetinaNet.Attribute, KnownNames.RetinaNet.Backbone),
        .. Named("Preset", spec.Preset, PresetTable.Names, KnownNames.RetinaNet.Attribute, KnownNames.RetinaNet.Preset),
        .. Named("BoxLoss", spec.BoxLoss.Kind, BoxLosses, KnownNames.BoxLoss.Attribute, KnownNames.BoxLoss.Kind),
        .. Named("LossNormalization", spec.Matching.Normalizer, Normalizers, KnownNames.Matching.Attribute, KnownNames.Matching.Normalizer),
        .. spec.Resize is { } r ? Named("ResizeRule", r.Rule, ResizeRules, KnownNames.Resize.Attribute, KnownNames.Resize.Rule) : [],
        .. Member("ResidualBlock", spec.Backbone.Block, KnownNames.Backbone.Attribute, KnownNames.Backbone.Block),
        .. Member("Norm", spec.Backbone.Norm, KnownNames.Backbone.Attribute, KnownNames.Backbone.Norm, NormKind.None),
        .. Member("NormStatistics", spec.Backbone.Statistics, KnownNames.Backbone.Attribute, KnownNames.Backbone.NormStatistics),
        .. Member("P6Source", spec.Pyramid.P6From, KnownNames.Pyramid.Attribute, KnownNames.Pyramid.P6From),
        .. Member("AnchorRounding", spec.Anchors.Rounding, KnownNames.Anchors.Attribute, KnownNames.Anchors.Rounding),
        .. Member("AnchorStrides", spec.Anchors.Strides, KnownNames.Anchors.Attribute, KnownNames.Anchors.Strides),
        .. Member(
            "HeadNorm", spec.Head.Norm, KnownNames.Head.Attribute, KnownNames.Head.Norm, NormKind.FrozenBatchNorm, NormKind.BatchNorm),
    ];

    private static IEnumerable<Problem> Named(string type, string found, IEnumerable<string> names, string attribute, string argument) =>
        Problems.Unless(
            names.Contains(found, StringComparer.Ordinal), Rules.UndefinedMember, new(attribute, argument), type, $" ({found})",
            string.Join(", ", names));

    /// <param name="except">Members that the spec's enum has and the attribute's has not.</param>
    private static IEnumerable<Problem> Member<T>(string type, T found, string attribute, string argument, params T[] except)
        where T : struct, Enum
    {
        var members = Enum.GetValues(typeof(T)).Cast<T>().Except(except).ToArray();
        return Problems.Unless(
            members.Contains(found), Rules.UndefinedMember, new(attribute, argument), type, "", string.Join(", ", members));
    }
}
