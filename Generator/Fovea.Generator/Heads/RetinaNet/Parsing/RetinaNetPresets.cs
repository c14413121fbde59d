using Fovea.Generator.Spec;

namespace Fovea.Generator.Heads.RetinaNet.Parsing;

/// <summary>What each preset means to the head, as a difference from torchvision's first RetinaNet.</summary>
internal static class RetinaNetPresets
{
    /// <summary>β of smooth L1 in Detectron, the code of the paper's authors (MODEL.RETINANET.BBOX_REG_BETA).</summary>
    private const double SmoothL1Beta = 0.11;

    private static readonly RetinaNetSpec Base = new()
    {
        Anchors = new(
            4, 3, new[] { 0.5, 1, 2 }.ToEquatableArray(), AnchorRounding.TorchVision, AnchorStrides.CanvasOverGrid, SizeMajor: false),
        Towers = new(4, 256, NormKind.None, 32, 0.01),
        ClassificationLoss = new(ClassificationLossKind.Focal, 0.25, 2, 1),
        BoxLoss = new("L1", SmoothL1Beta, 1),
        Matching = new(0.5, 0.4, AllowLowQuality: true, SkipUncovered: false, "ImageForeground"),
        PostProcessing = new(0.05, 1000, 0.5, 300),
    };

    private static readonly Dictionary<string, RetinaNetSpec> Presets = new(StringComparer.Ordinal)
    {
        ["Fovea"] = Base with
        {
            Matching = Base.Matching with { SkipUncovered = true },
            PostProcessing = Base.PostProcessing with { MaxDetections = 100 },
        },
        ["TorchVisionV2"] = Base with
        {
            Towers = Base.Towers with { Norm = NormKind.GroupNorm },
            BoxLoss = Base.BoxLoss with { Kind = "GIoU" },
        },
        ["Paper"] = Base with
        {
            Anchors = Base.Anchors with { Rounding = AnchorRounding.None, Strides = AnchorStrides.PowerOfTwo },
            BoxLoss = Base.BoxLoss with { Kind = "SmoothL1" },
            PostProcessing = Base.PostProcessing with { MaxDetections = 100 },
        },
        ["Detectron2"] = Base with
        {
            Anchors = Base.Anchors with { Rounding = AnchorRounding.None, Strides = AnchorStrides.PowerOfTwo, SizeMajor = true },
            BoxLoss = Base.BoxLoss with { Kind = "SmoothL1", Beta = 0 },
            Matching = Base.Matching with { Normalizer = "RunningForeground" },
            PostProcessing = Base.PostProcessing with { MaxDetections = 100 },
        },
    };

    /// <summary>A preset without a row here has torchvision's head.</summary>
    public static RetinaNetSpec Of(string preset) => Presets.TryGetValue(preset, out var values) ? values : Base;
}
