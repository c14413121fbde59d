using Fovea;

namespace Quickstart;

/// <summary>Six shapes of 12 to 200 pixels: a narrow backbone, levels P3 to P6 and anchors from 16 pixels on.</summary>
[RetinaNet<Shape>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 2, 2, 1], BaseWidth = 24)]
[Pyramid(MaxLevel = 6, Channels = 64)]
[Head(Depth = 2)]
[Anchors(BaseSize = 2, Ratios = [1])]
[BoxLoss(BoxLoss.GIoU, Weight = 2)]
[InputSize(256, 256)]
public partial class ShapeDetector;
