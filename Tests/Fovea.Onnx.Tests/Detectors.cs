namespace Fovea.Tests.Onnx;

/// <summary>Three classes, none on channel 1.</summary>
public enum Thing
{
    Ant = 0,
    [ClassName("bumble bee")]
    Bee = 2,
    Cat = 3,
}

/// <summary>Frozen batch norms, P6 from P5, a fixed canvas.</summary>
[RetinaNet<Thing>(Backbone.ResNet18, Preset.TorchVision)]
[InputSize(128, 96)]
[PostProcessing(TopK = 150, MaxDetections = 40)]
public partial class Resnet18Detector;

/// <summary>Batch norms, torchvision's variable canvas by its later rule.</summary>
[RetinaNet<Thing>(Backbone.ResNet34)]
[Resize(Min = 75, Max = 140)]
[PostProcessing(TopK = 200, NmsIoU = 0.6)]
public partial class Resnet34Detector;

/// <summary>torchvision's second RetinaNet: group norms in the heads, P6 from C5, the canvas by 0.14's rule.</summary>
[RetinaNet<Thing>(Backbone.ResNet50, Preset.TorchVisionV2)]
[Resize(Min = 75, Max = 140, Rule = ResizeRule.TorchVision014)]
public partial class Resnet50V2Detector;

/// <summary>Detectron2's: blue first, 0 to 255, anchors of its own order and strides.</summary>
[RetinaNet<Thing>(Preset.Detectron2)]
[InputSize(128, 128)]
public partial class Detectron2Detector;

/// <summary>The paper's anchors.</summary>
[RetinaNet<Thing>(Backbone.ResNet101, Preset.Paper)]
[InputSize(96, 128)]
public partial class Resnet101Detector;

/// <summary>Groups in the backbone.</summary>
[RetinaNet<Thing>(Backbone.ResNeXt50_32x4d, Preset.MlPerf)]
[InputSize(128, 128)]
public partial class Resnext50Detector;

/// <summary>Everything that can be declared otherwise: a narrow backbone with group norms, other levels, narrow heads, two canvases.</summary>
[RetinaNet<Thing>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 2, 1, 1], BaseWidth = 8, Norm = Norm.GroupNorm, NormGroups = 4)]
[Pyramid(MinLevel = 2, MaxLevel = 6, Channels = 24, P6From = P6Source.C5)]
[Anchors(BaseSize = 3, ScalesPerOctave = 2, Ratios = [1, 1.7])]
[Head(Depth = 2, Width = 12, Norm = HeadNorm.GroupNorm, Groups = 3)]
[InputSize(64, 64)]
[InputSize(96, 64)]
public partial class OddDetector;

/// <summary>One level, no stage behind it, bottlenecks in groups, a batch norm that learns with running statistics.</summary>
[RetinaNet<Thing>(Backbone.Custom)]
[Backbone(
    Block = ResidualBlock.Bottleneck, StageBlocks = [1, 1, 1, 1], BaseWidth = 8, Groups = 2, WidthPerGroup = 32,
    NormStatistics = NormStatistics.Running)]
[Pyramid(MinLevel = 3, MaxLevel = 3, Channels = 16)]
[Head(Depth = 1)]
[InputSize(64, 96)]
public partial class OneLevelDetector;
