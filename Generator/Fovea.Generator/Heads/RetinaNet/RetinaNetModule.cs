using Fovea.Generator.Declarations;
using Fovea.Generator.Graph;
using Fovea.Generator.Graph.Ops;
using Fovea.Generator.Heads.RetinaNet.Parsing;
using Fovea.Generator.Heads.RetinaNet.Validation;
using Fovea.Generator.Spec;
using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Heads.RetinaNet;

/// <summary>RetinaNet's head, as all others see it: from this row on everything is in its folder.</summary>
internal sealed class RetinaNetModule : IHeadModule
{
    public string Declaration => KnownNames.RetinaNet.Attribute;

    public IReadOnlyList<string> Attributes => RetinaNetParser.Attributes;

    public IReadOnlyList<DiagnosticDescriptor> Diagnostics => Validation.Diagnostics.All;

    public IReadOnlyList<SpecRule> Rules { get; } =
    [
        MemberRules.MembersAreDefined,
        AnchorRules.BaseSizeIsInRange,
        AnchorRules.ScalesAreInRange,
        AnchorRules.RatiosAreInRange,
        TowerRules.SizeIsInRange,
        TowerRules.GroupsDivide,
        TowerRules.PriorIsInRange,
        LossRules.OneClassificationLoss,
        LossRules.AlphaIsInRange,
        LossRules.GammaIsInRange,
        LossRules.StarIsInRange,
        LossRules.MiningIsInRange,
        LossRules.WeightsAreInRange,
        LossRules.BetaIsInRange,
        DetectionRules.IoUsAreInRange,
        DetectionRules.IoUsAreOrdered,
        DetectionRules.ThresholdsAreInRange,
        DetectionRules.CountsAreInRange,
        NumberRules.NumbersSurviveAsFloats,
    ];

    public IReadOnlyList<SpecRule> Advice { get; } =
    [
        TowerRules.GroupsHaveANorm,
        LossRules.BetaHasASquarePart,
        LossRules.NormalizerDivides,
        DetectionRules.LowQualityMatchesExist,
    ];

    public NetworkParts Network { get; } = new(spec => new RetinaNetHead(spec), () => new Relu());

    public HeadSpec Parse(DeclaredAttributes attributes, string preset, PyramidSpec pyramid) =>
        RetinaNetParser.Parse(attributes, preset, pyramid);

    public IEnumerable<ModelPart> Parts(ModelSpec spec) => RetinaNetSize.Parts(spec);
}
