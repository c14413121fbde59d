namespace Fovea.Cuda.Tests.Models;

/// <summary>Three classes, for models that are run.</summary>
public enum Thing
{
    Car,
    Person,
    Sign,
}

/// <summary>Batch statistics, a projected block, two levels: small enough to simulate every thread.</summary>
[RetinaNet<Thing>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 8)]
[Pyramid(MaxLevel = 5, Channels = 16)]
[Head(Depth = 1)]
[Anchors(BaseSize = 2, Ratios = [1, 2])]
[InputSize(64, 64)]
public partial class ToyDetector;

/// <summary>The same on torchvision's variable canvas: batches differ in size.</summary>
[RetinaNet<Thing>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 8)]
[Pyramid(MaxLevel = 5, Channels = 16)]
[Head(Depth = 1)]
[Anchors(BaseSize = 2, Ratios = [1, 2])]
[Resize(Min = 48, Max = 96)]
public partial class FlexibleDetector;

/// <summary>Bottlenecks in groups, norms folded with running statistics, group norm in the heads, an IoU loss.</summary>
[RetinaNet<Thing>(Backbone.Custom)]
[Backbone(
    Block = ResidualBlock.Bottleneck, StageBlocks = [1, 1, 1, 1], BaseWidth = 8, Groups = 2, WidthPerGroup = 32,
    NormStatistics = NormStatistics.Running)]
[Pyramid(MaxLevel = 6, Channels = 16)]
[Head(Depth = 1, Norm = HeadNorm.GroupNorm, Groups = 4)]
[BoxLoss(BoxLoss.GIoU, Weight = 2)]
[InputSize(64, 64)]
public partial class GroupedDetector;

/// <summary>ResNet-50 as everyone declares it.</summary>
[RetinaNet<Thing>(Backbone.ResNet50)]
[InputSize(640, 640)]
public partial class FullDetector;
