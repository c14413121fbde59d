using Fovea;

namespace LossAblation;

// One declaration for each row of the table. They differ in the loss alone: a narrow network on levels P2 to P5 whose 20 anchors at each of
// 5 440 cells make 108 800 anchors an image, nearly all of them easy background.

/// <summary>Cross-entropy from an even start: each of 217 600 outputs begins at ½.</summary>
[RetinaNet<Mark>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 8)]
[Pyramid(MinLevel = 2, MaxLevel = 5, Channels = 24)]
[Anchors(ScalesPerOctave = 4, Ratios = [0.5, 0.7, 1, 1.4, 2])]
[InputSize(256, 256)]
[Head(Depth = 1, Prior = 0.5)]
[CrossEntropyLoss]
public partial class CrossEntropyWithoutPrior;

/// <summary>Cross-entropy with the prior π = 0.01 (section 3.3).</summary>
[RetinaNet<Mark>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 8)]
[Pyramid(MinLevel = 2, MaxLevel = 5, Channels = 24)]
[Anchors(ScalesPerOctave = 4, Ratios = [0.5, 0.7, 1, 1.4, 2])]
[InputSize(256, 256)]
[Head(Depth = 1)]
[CrossEntropyLoss]
public partial class CrossEntropy;

/// <summary>α-balanced cross-entropy, α = 0.25 (table 1a).</summary>
[RetinaNet<Mark>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 8)]
[Pyramid(MinLevel = 2, MaxLevel = 5, Channels = 24)]
[Anchors(ScalesPerOctave = 4, Ratios = [0.5, 0.7, 1, 1.4, 2])]
[InputSize(256, 256)]
[Head(Depth = 1)]
[BalancedCrossEntropyLoss(Alpha = 0.25)]
public partial class Balanced25;

/// <summary>α-balanced cross-entropy, α = 0.5 (table 1a).</summary>
[RetinaNet<Mark>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 8)]
[Pyramid(MinLevel = 2, MaxLevel = 5, Channels = 24)]
[Anchors(ScalesPerOctave = 4, Ratios = [0.5, 0.7, 1, 1.4, 2])]
[InputSize(256, 256)]
[Head(Depth = 1)]
[BalancedCrossEntropyLoss(Alpha = 0.5)]
public partial class Balanced5;

/// <summary>α-balanced cross-entropy, α = 0.75 (table 1a; also γ = 0 of table 1b).</summary>
[RetinaNet<Mark>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 8)]
[Pyramid(MinLevel = 2, MaxLevel = 5, Channels = 24)]
[Anchors(ScalesPerOctave = 4, Ratios = [0.5, 0.7, 1, 1.4, 2])]
[InputSize(256, 256)]
[Head(Depth = 1)]
[BalancedCrossEntropyLoss(Alpha = 0.75)]
public partial class Balanced75;

/// <summary>α-balanced cross-entropy, α = 0.9 (table 1a).</summary>
[RetinaNet<Mark>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 8)]
[Pyramid(MinLevel = 2, MaxLevel = 5, Channels = 24)]
[Anchors(ScalesPerOctave = 4, Ratios = [0.5, 0.7, 1, 1.4, 2])]
[InputSize(256, 256)]
[Head(Depth = 1)]
[BalancedCrossEntropyLoss(Alpha = 0.9)]
public partial class Balanced9;

/// <summary>Focal loss, γ = 0.5 with its best α 0.5 (table 1b).</summary>
[RetinaNet<Mark>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 8)]
[Pyramid(MinLevel = 2, MaxLevel = 5, Channels = 24)]
[Anchors(ScalesPerOctave = 4, Ratios = [0.5, 0.7, 1, 1.4, 2])]
[InputSize(256, 256)]
[Head(Depth = 1)]
[FocalLoss(Alpha = 0.5, Gamma = 0.5)]
public partial class Focal05;

/// <summary>Focal loss, γ = 1 with its best α 0.25 (table 1b).</summary>
[RetinaNet<Mark>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 8)]
[Pyramid(MinLevel = 2, MaxLevel = 5, Channels = 24)]
[Anchors(ScalesPerOctave = 4, Ratios = [0.5, 0.7, 1, 1.4, 2])]
[InputSize(256, 256)]
[Head(Depth = 1)]
[FocalLoss(Alpha = 0.25, Gamma = 1)]
public partial class Focal1;

/// <summary>Focal loss, γ = 2 with its best α 0.25 (table 1b).</summary>
[RetinaNet<Mark>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 8)]
[Pyramid(MinLevel = 2, MaxLevel = 5, Channels = 24)]
[Anchors(ScalesPerOctave = 4, Ratios = [0.5, 0.7, 1, 1.4, 2])]
[InputSize(256, 256)]
[Head(Depth = 1)]
[FocalLoss(Alpha = 0.25, Gamma = 2)]
public partial class Focal2;

/// <summary>Focal loss, γ = 5 with its best α 0.25 (table 1b).</summary>
[RetinaNet<Mark>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 8)]
[Pyramid(MinLevel = 2, MaxLevel = 5, Channels = 24)]
[Anchors(ScalesPerOctave = 4, Ratios = [0.5, 0.7, 1, 1.4, 2])]
[InputSize(256, 256)]
[Head(Depth = 1)]
[FocalLoss(Alpha = 0.25, Gamma = 5)]
public partial class Focal5;

/// <summary>OHEM: the 128 hardest anchors after NMS at 0.5 (table 1d).</summary>
[RetinaNet<Mark>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 8)]
[Pyramid(MinLevel = 2, MaxLevel = 5, Channels = 24)]
[Anchors(ScalesPerOctave = 4, Ratios = [0.5, 0.7, 1, 1.4, 2])]
[InputSize(256, 256)]
[Head(Depth = 1)]
[OnlineHardExampleMining(BatchSize = 128, NmsIoU = 0.5)]
public partial class Mining;

/// <summary>OHEM with three background anchors for each foreground anchor (table 1d).</summary>
[RetinaNet<Mark>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 8)]
[Pyramid(MinLevel = 2, MaxLevel = 5, Channels = 24)]
[Anchors(ScalesPerOctave = 4, Ratios = [0.5, 0.7, 1, 1.4, 2])]
[InputSize(256, 256)]
[Head(Depth = 1)]
[OnlineHardExampleMining(BatchSize = 128, NmsIoU = 0.5, PositiveRatio = 3)]
public partial class MiningOneToThree;

/// <summary>FL*, γ = 2, β = 1 (appendix A, table 3).</summary>
[RetinaNet<Mark>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 8)]
[Pyramid(MinLevel = 2, MaxLevel = 5, Channels = 24)]
[Anchors(ScalesPerOctave = 4, Ratios = [0.5, 0.7, 1, 1.4, 2])]
[InputSize(256, 256)]
[Head(Depth = 1)]
[FocalLossStar(Gamma = 2, Beta = 1)]
public partial class FocalStar;
