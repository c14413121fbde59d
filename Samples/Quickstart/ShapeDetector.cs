using Fovea;

namespace Quickstart;

/// <summary>
/// Six shapes of 12 to 200 pixels: levels P3 to P6 and anchors from 16 pixels on. Few and narrow layers, as there are minutes to learn in:
/// a step of a deeper network costs more, and teaches it less.
/// </summary>
[RetinaNet<Shape>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 24)]
[Pyramid(MaxLevel = 6, Channels = 48)]
[Head(Depth = 1, Width = 48)]
[Anchors(BaseSize = 2, Ratios = [1])]
[BoxLoss(BoxLoss.GIoU, Weight = 2)]
[InputSize(256, 256)]
public partial class ShapeDetector;
