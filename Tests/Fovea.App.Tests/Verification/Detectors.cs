namespace Fovea.Tests.App.Verification;

/// <summary>Two classes.</summary>
public enum Mark
{
    Dot,
    Dash,
}

/// <summary>torchvision's first RetinaNet over ResNet-18, small pictures, by the rule of Debian's torchvision.</summary>
[RetinaNet<Mark>(Backbone.ResNet18, Preset.TorchVision)]
[Resize(Min = 120, Max = 200, Rule = ResizeRule.TorchVision014)]
public partial class FirstDetector;

/// <summary>The same by the later rule.</summary>
[RetinaNet<Mark>(Backbone.ResNet18, Preset.TorchVision)]
[Resize(Min = 120, Max = 200, Rule = ResizeRule.TorchVision)]
public partial class LaterDetector;

/// <summary>torchvision's second RetinaNet, over ResNeXt-50.</summary>
[RetinaNet<Mark>(Backbone.ResNeXt50_32x4d, Preset.TorchVisionV2)]
[Resize(Min = 96, Max = 160, Rule = ResizeRule.TorchVision014)]
[PostProcessing(TopK = 50, MaxDetections = 40, NmsIoU = 0.6)]
public partial class SecondDetector;

/// <summary>What torchvision's constructors cannot say and its classes can: another width, other levels, other heads, group norms, fixed canvases.</summary>
[RetinaNet<Mark>(Backbone.Custom)]
[Backbone(StageBlocks = [1, 2, 1, 1], BaseWidth = 8, Groups = 2, WidthPerGroup = 48, Norm = Norm.GroupNorm, NormGroups = 4)]
[Pyramid(MinLevel = 2, MaxLevel = 6, Channels = 24, P6From = P6Source.C5)]
[Anchors(BaseSize = 3, ScalesPerOctave = 2, Ratios = [1, 1.7])]
[Head(Depth = 2, Width = 12, Norm = HeadNorm.GroupNorm, Groups = 3)]
[InputSize(64, 64)]
[InputSize(128, 96)]
public partial class NarrowDetector;

/// <summary>One level; stages behind it are not there.</summary>
[RetinaNet<Mark>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 16)]
[Pyramid(MinLevel = 3, MaxLevel = 3, Channels = 16)]
[Head(Depth = 1)]
[InputSize(96, 64)]
public partial class OneLevelDetector;

/// <summary>Anchors and pixels that torchvision has not.</summary>
[RetinaNet<Mark>(Backbone.Custom, Preset.Detectron2)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 8)]
[Pyramid(Channels = 16)]
public partial class OtherDetector;
