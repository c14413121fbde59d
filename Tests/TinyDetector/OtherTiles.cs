using Fovea;

namespace Fovea.Tiny;

/// <summary>The classes of <see cref="Tile"/> in another order, and one of them under another name.</summary>
public enum OldTile
{
    Azure,
    Red,
}

/// <summary>The network of <see cref="TileDetector"/> as it was when its classes were others: checkpoints from before.</summary>
[RetinaNet<OldTile>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 8)]
[Pyramid(MaxLevel = 5, Channels = 16)]
[Head(Depth = 1)]
[Anchors(BaseSize = 2, Ratios = [1])]
[InputSize(64, 64)]
public partial class OldTileDetector;
