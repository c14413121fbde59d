using Fovea.Generator.Spec;

namespace Fovea.Generator.Parsing;

/// <summary>The values that a declaration starts from.</summary>
internal sealed record PresetValues
{
    public string Backbone { get; init; } = "ResNet50";

    public NormKind Norm { get; init; } = NormKind.FrozenBatchNorm;

    public NormStatisticsKind Statistics { get; init; } = NormStatisticsKind.Batch;

    public int FrozenStages { get; init; } = 2;

    public int NormGroups { get; init; } = 32;

    public PyramidSpec Pyramid { get; init; } = new(3, 7, 256, P6Source.P5);

    public AnchorSpec Anchors { get; init; } = new(
        4, 3, new[] { 0.5, 1, 2 }.ToEquatableArray(), AnchorRounding.TorchVision, AnchorStrides.CanvasOverGrid, SizeMajor: false);

    public HeadSpec Head { get; init; } = new(4, 256, NormKind.None, 32, 0.01);

    public ClassificationLossSpec ClassificationLoss { get; init; } = new(ClassificationLossKind.Focal, 0.25, 2, 1);

    public BoxLossSpec BoxLoss { get; init; } = new("L1", PresetTable.SmoothL1Beta, 1);

    public MatchingSpec Matching { get; init; } = new(0.5, 0.4, AllowLowQuality: true, SkipUncovered: false, "ImageForeground");

    public PostProcessingSpec PostProcessing { get; init; } = new(0.05, 1000, 0.5, 300);

    public EquatableArray<CanvasSpec> InputSizes { get; init; }

    public ResizeSpec Resize { get; init; } = new(800, 1333, "TorchVision");

    public PixelSpec Pixels { get; init; } = PresetTable.ImageNet;
}

/// <summary>
/// The presets, each as a difference from torchvision's first RetinaNet, whose values are the initial ones of <see cref="PresetValues"/>.
/// </summary>
internal static class PresetTable
{
    public const string Default = "Fovea";

    /// <summary>β of smooth L1 in Detectron, the code of the paper's authors (MODEL.RETINANET.BBOX_REG_BETA).</summary>
    public const double SmoothL1Beta = 0.11;

    /// <summary>Pixels in [0, 1], red first; the mean and deviation of ImageNet (torchvision/models/detection/transform.py).</summary>
    public static readonly PixelSpec ImageNet = new(
        new[] { 0.485, 0.456, 0.406 }.ToEquatableArray(), new[] { 0.229, 0.224, 0.225 }.ToEquatableArray(), Bgr: false, Scale: 1);

    /// <summary>Pixels in 0 … 255, blue first, as is mean (detectron2/config/defaults.py, PIXEL_MEAN and PIXEL_STD).</summary>
    private static readonly PixelSpec Caffe = new(
        new[] { 103.53, 116.28, 123.675 }.ToEquatableArray(), new[] { 1.0, 1.0, 1.0 }.ToEquatableArray(), Bgr: true, Scale: 255);

    private static readonly PresetValues Base = new();

    private static readonly Dictionary<string, PresetValues> Presets = new(StringComparer.Ordinal)
    {
        [Default] = Base with
        {
            Norm = NormKind.BatchNorm,
            FrozenStages = 0,
            Matching = Base.Matching with { SkipUncovered = true },
            PostProcessing = Base.PostProcessing with { MaxDetections = 100 },
        },
        ["TorchVision"] = Base with
        {
            Resize = Base.Resize with { Rule = "TorchVision014" },
        },
        ["TorchVisionV2"] = Base with
        {
            Norm = NormKind.BatchNorm,
            FrozenStages = 0,
            Pyramid = Base.Pyramid with { P6From = P6Source.C5 },
            Head = Base.Head with { Norm = NormKind.GroupNorm },
            BoxLoss = Base.BoxLoss with { Kind = "GIoU" },
            Resize = Base.Resize with { Rule = "TorchVision014" },
        },
        ["Paper"] = Base with
        {
            Pyramid = Base.Pyramid with { P6From = P6Source.C5 },
            Anchors = Base.Anchors with { Rounding = AnchorRounding.None, Strides = AnchorStrides.PowerOfTwo },
            BoxLoss = Base.BoxLoss with { Kind = "SmoothL1" },
            PostProcessing = Base.PostProcessing with { MaxDetections = 100 },
        },
        ["Detectron2"] = Base with
        {
            Pyramid = Base.Pyramid with { P6From = P6Source.C5 },
            Anchors = Base.Anchors with { Rounding = AnchorRounding.None, Strides = AnchorStrides.PowerOfTwo, SizeMajor = true },
            BoxLoss = Base.BoxLoss with { Kind = "SmoothL1", Beta = 0 },
            Matching = Base.Matching with { Normalizer = "RunningForeground" },
            PostProcessing = Base.PostProcessing with { MaxDetections = 100 },
            Pixels = Caffe,
        },
        ["MlPerf"] = Base with
        {
            Backbone = "ResNeXt50_32x4d",
            InputSizes = new[] { new CanvasSpec(800, 800) }.ToEquatableArray(),
        },
    };

    public static IEnumerable<string> Names => Presets.Keys;

    /// <summary>Null for what is no preset.</summary>
    public static PresetValues? Find(string name) => Presets.TryGetValue(name, out var values) ? values : null;
}
