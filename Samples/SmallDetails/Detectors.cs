using Fovea;

namespace SmallDetails;

/// <summary>What one declares who has not looked at the objects' sizes: at half the pictures' size a head has two cells, its drive none.</summary>
[RetinaNet<Drive>(Backbone.ResNet18)]
[InputSize(320, 320)]
public partial class Newcomer;

/// <summary>What <c>data --suggest --minutes 10</c> proposed in its place, on two cores.</summary>
[RetinaNet<Drive>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [2, 2, 2, 2], BaseWidth = 16)]
[Pyramid(MinLevel = 3, MaxLevel = 7, Channels = 48)]
[Head(Depth = 1, Width = 48)]
[Anchors(BaseSize = 3, Ratios = [1])]
[BoxLoss(BoxLoss.GIoU, Weight = 2)]
[InputSize(640, 640)]
public partial class Suggested;

/// <summary>Begins with weights: the kind of declaration that it proposes first where those of this backbone are beside the program.</summary>
[RetinaNet<Drive>(Backbone.ResNet18MicrosoftML)]
[Pyramid(MinLevel = 3, MaxLevel = 7, Channels = 64)]
[Head(Depth = 1, Width = 64)]
[Anchors(BaseSize = 3, Ratios = [1])]
[BoxLoss(BoxLoss.GIoU, Weight = 2)]
[InputSize(640, 640)]
public partial class Pretrained;
