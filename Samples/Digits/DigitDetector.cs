using Fovea;

namespace Digits;

/// <summary>What <c>data --suggest --minutes 10</c> proposed on two cores, its second choice.</summary>
[RetinaNet<Digit>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [2, 2, 2, 2], BaseWidth = 16)]
[Pyramid(MinLevel = 3, MaxLevel = 6, Channels = 48)]
[Head(Depth = 1, Width = 48)]
[Anchors(BaseSize = 2.5)]
[BoxLoss(BoxLoss.GIoU, Weight = 2)]
[InputSize(320, 320)]
public partial class DigitDetector;
