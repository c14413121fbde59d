using Fovea.Generator.Spec;
using Fovea.Generator.Tests.Support;

namespace Fovea.Generator.Tests.Parsing;

/// <summary>The table of SEMANTICS, "Where the presets differ", written once more.</summary>
public class PresetTests
{
    [Theory]
    [InlineData("Fovea", "ResNet50", "BatchNorm", 0)]
    [InlineData("TorchVision", "ResNet50", "FrozenBatchNorm", 2)]
    [InlineData("TorchVisionV2", "ResNet50", "BatchNorm", 0)]
    [InlineData("Paper", "ResNet50", "FrozenBatchNorm", 2)]
    [InlineData("Detectron2", "ResNet50", "FrozenBatchNorm", 2)]
    [InlineData("MlPerf", "ResNeXt50_32x4d", "FrozenBatchNorm", 2)]
    public void Backbone_NormAndFrozenStages(string preset, string backbone, string norm, int frozen)
    {
        var spec = Parse(preset);

        Assert.Equal(
            (preset, backbone, norm, frozen), (spec.Preset, spec.Backbone.Name, spec.Backbone.Norm.ToString(), spec.Backbone.FrozenStages));
    }

    [Theory]
    [InlineData("Fovea", "P5", "None", "L1")]
    [InlineData("TorchVision", "P5", "None", "L1")]
    [InlineData("TorchVisionV2", "C5", "GroupNorm", "GIoU")]
    [InlineData("Paper", "C5", "None", "SmoothL1")]
    [InlineData("Detectron2", "C5", "None", "SmoothL1")]
    [InlineData("MlPerf", "P5", "None", "L1")]
    public void P6_HeadNormAndBoxLoss(string preset, string p6, string headNorm, string boxLoss)
    {
        var spec = Parse(preset);

        Assert.Equal((p6, headNorm, boxLoss), (spec.Pyramid.P6From.ToString(), spec.Towers.Norm.ToString(), spec.BoxLoss.Kind));
    }

    [Theory]
    [InlineData("Fovea", "TorchVision", "CanvasOverGrid", false)]
    [InlineData("TorchVision", "TorchVision", "CanvasOverGrid", false)]
    [InlineData("TorchVisionV2", "TorchVision", "CanvasOverGrid", false)]
    [InlineData("Paper", "None", "PowerOfTwo", false)]
    [InlineData("Detectron2", "None", "PowerOfTwo", true)]
    [InlineData("MlPerf", "TorchVision", "CanvasOverGrid", false)]
    public void Anchors(string preset, string rounding, string strides, bool sizeMajor)
    {
        var anchors = Parse(preset).Anchors;

        Assert.Equal((rounding, strides, sizeMajor), (anchors.Rounding.ToString(), anchors.Strides.ToString(), anchors.SizeMajor));
    }

    [Theory]
    [InlineData("Fovea", true, "ImageForeground", 100)]
    [InlineData("TorchVision", false, "ImageForeground", 300)]
    [InlineData("TorchVisionV2", false, "ImageForeground", 300)]
    [InlineData("Paper", false, "ImageForeground", 100)]
    [InlineData("Detectron2", false, "RunningForeground", 100)]
    [InlineData("MlPerf", false, "ImageForeground", 300)]
    public void MatchingAndDetections(string preset, bool skipUncovered, string normalizer, int detections)
    {
        var spec = Parse(preset);

        Assert.Equal(
            (skipUncovered, normalizer, detections),
            (spec.Matching.SkipUncovered, spec.Matching.Normalizer, spec.PostProcessing.MaxDetections));
    }

    [Theory]
    [InlineData("Fovea", "800/1333 TorchVision", 1)]
    [InlineData("TorchVision", "800/1333 TorchVision014", 1)]
    [InlineData("TorchVisionV2", "800/1333 TorchVision014", 1)]
    [InlineData("Paper", "800/1333 TorchVision", 1)]
    [InlineData("Detectron2", "800/1333 TorchVision", 255)]
    [InlineData("MlPerf", "800×800", 1)]
    public void CanvasAndPixels(string preset, string canvas, double scale)
    {
        var spec = Parse(preset);

        var found = spec.Resize is { } r
            ? $"{r.Min}/{r.Max} {r.Rule}"
            : string.Join(" ", spec.InputSizes.Select(s => $"{s.Width}×{s.Height}"));
        Assert.Equal((canvas, scale, scale == 255), (found, spec.Pixels.Scale, spec.Pixels.Bgr));
    }

    [Fact]
    public void Detectron2_UsesSmoothL1WithoutASquarePart_AsItsRetinaNetConfigurationsDo() =>
        Assert.Equal(0, Parse("Detectron2").BoxLoss.Beta);

    [Fact]
    public void ADeclaredBackbone_WinsOverThePresets()
    {
        var spec = Declaration.Parse(Declaration.Of("[RetinaNet<BloodCell>(Backbone.ResNet50, Preset.MlPerf)]"));

        Assert.Equal(("ResNet50", "MlPerf"), (spec.Backbone.Name, spec.Preset));
    }

    [Fact]
    public void ADeclaredResize_WinsOverFixedCanvasesOfThePreset()
    {
        var spec = Declaration.Parse(Declaration.Of("[RetinaNet<BloodCell>(Preset.MlPerf)]", "[Resize]"));

        Assert.Equal((0, 800), (spec.InputSizes.Count, spec.Resize!.Min));
    }

    [Fact]
    public void AnArgumentThatEqualsAnotherPresetsDefault_StillCounts() =>
        Assert.Equal(
            NormKind.BatchNorm,
            Declaration.Parse(
                Declaration.Of("[RetinaNet<BloodCell>(Preset.TorchVision)]", "[Backbone(Norm = Norm.BatchNorm)]"))
                .Backbone.Norm);

    private static ModelSpec Parse(string preset) => Declaration.Parse(Declaration.Of($"[RetinaNet<BloodCell>(Preset.{preset})]"));
}
