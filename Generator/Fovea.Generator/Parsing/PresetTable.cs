using Fovea.Generator.Spec;

namespace Fovea.Generator.Parsing;

/// <summary>The values that a declaration starts from.</summary>
/// <param name="Name">The member of <c>Fovea.Preset</c>.</param>
internal sealed record PresetValues(string Name)
{
    public string Backbone { get; init; } = "ResNet50";

    public NormKind Norm { get; init; } = NormKind.FrozenBatchNorm;

    public NormStatisticsKind Statistics { get; init; } = NormStatisticsKind.Batch;

    public int FrozenStages { get; init; } = 2;

    public int NormGroups { get; init; } = 32;

    public PyramidSpec Pyramid { get; init; } = new(3, 7, 256, P6Source.P5);

    public EquatableArray<CanvasSpec> InputSizes { get; init; }

    public ResizeSpec Resize { get; init; } = new(800, 1333, "TorchVision");

    public PixelSpec Pixels { get; init; } = PresetTable.ImageNet;
}

/// <summary>
/// The presets, each as a difference from torchvision's first RetinaNet, whose values are the initial ones of <see cref="PresetValues"/>.
/// What they mean to a head is the head's to say.
/// </summary>
internal static class PresetTable
{
    public const string Default = "Fovea";

    /// <summary>Pixels in [0, 1], red first; the mean and deviation of ImageNet (torchvision/models/detection/transform.py).</summary>
    public static readonly PixelSpec ImageNet = new(
        new[] { 0.485, 0.456, 0.406 }.ToEquatableArray(), new[] { 0.229, 0.224, 0.225 }.ToEquatableArray(), Bgr: false, Scale: 1);

    /// <summary>Pixels in 0 … 255, blue first, as is mean (detectron2/config/defaults.py, PIXEL_MEAN and PIXEL_STD).</summary>
    private static readonly PixelSpec Caffe = new(
        new[] { 103.53, 116.28, 123.675 }.ToEquatableArray(), new[] { 1.0, 1.0, 1.0 }.ToEquatableArray(), Bgr: true, Scale: 255);

    private static readonly PresetValues Base = new("TorchVision");

    private static readonly PresetValues[] Presets =
    [
        Base with
        {
            Name = Default,
            Norm = NormKind.BatchNorm,
            FrozenStages = 0,
        },
        Base with
        {
            Name = "TorchVision",
            Resize = Base.Resize with { Rule = "TorchVision014" },
        },
        Base with
        {
            Name = "TorchVisionV2",
            Norm = NormKind.BatchNorm,
            FrozenStages = 0,
            Pyramid = Base.Pyramid with { P6From = P6Source.C5 },
            Resize = Base.Resize with { Rule = "TorchVision014" },
        },
        Base with
        {
            Name = "Paper",
            Pyramid = Base.Pyramid with { P6From = P6Source.C5 },
        },
        Base with
        {
            Name = "Detectron2",
            Pyramid = Base.Pyramid with { P6From = P6Source.C5 },
            Pixels = Caffe,
        },
        Base with
        {
            Name = "MlPerf",
            Backbone = "ResNeXt50_32x4d",
            InputSizes = new[] { new CanvasSpec(800, 800) }.ToEquatableArray(),
        },
    ];

    public static IEnumerable<string> Names => Presets.Select(preset => preset.Name);

    /// <summary>Null for what is no preset.</summary>
    public static PresetValues? Find(string name) => Array.Find(Presets, preset => preset.Name == name);
}
