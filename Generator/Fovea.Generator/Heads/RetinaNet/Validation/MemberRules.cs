using Fovea.Generator.Declarations;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Heads.RetinaNet.Validation;

/// <summary>One rule for every enum argument of the head.</summary>
internal static class MemberRules
{
    private static readonly string[] BoxLosses = ["L1", "SmoothL1", "GIoU", "DIoU", "CIoU"];

    private static readonly string[] Normalizers = ["ImageForeground", "RunningForeground"];

    public static IEnumerable<Problem> MembersAreDefined(ModelSpec spec)
    {
        var head = RetinaNetSpec.Of(spec);
        return
        [
            .. Problems.UnlessNamed("BoxLoss", head.BoxLoss.Kind, BoxLosses, KnownNames.BoxLoss.Attribute, KnownNames.BoxLoss.Kind),
            .. Problems.UnlessNamed(
                "LossNormalization", head.Matching.Normalizer, Normalizers, KnownNames.Matching.Attribute, KnownNames.Matching.Normalizer),
            .. Problems.UnlessMember(
                "AnchorRounding", head.Anchors.Rounding, KnownNames.Anchors.Attribute, KnownNames.Anchors.Rounding),
            .. Problems.UnlessMember("AnchorStrides", head.Anchors.Strides, KnownNames.Anchors.Attribute, KnownNames.Anchors.Strides),
            .. Problems.UnlessMember(
                "HeadNorm", head.Towers.Norm, KnownNames.Head.Attribute, KnownNames.Head.Norm,
                NormKind.FrozenBatchNorm, NormKind.BatchNorm),
        ];
    }
}
