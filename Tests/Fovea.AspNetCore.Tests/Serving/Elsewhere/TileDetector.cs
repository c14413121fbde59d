namespace Fovea.Tests.AspNetCore.Serving.Elsewhere;

/// <summary>Its name is another's, too.</summary>
[RetinaNet<Tile>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 8)]
[Pyramid(MaxLevel = 5, Channels = 16)]
[Head(Depth = 1)]
[Anchors(BaseSize = 2, Ratios = [1])]
[InputSize(64, 64)]
public partial class TileDetector;
