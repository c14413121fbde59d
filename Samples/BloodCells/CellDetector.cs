using Fovea;

namespace BloodCells;

/// <summary>Cells in photographs of stained blood smears, 640×480: a ResNet of half the usual width, from scratch, on pictures of six tenths of their size.</summary>
[RetinaNet<BloodCell>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [2, 2, 2, 2], BaseWidth = 32)]
[Pyramid(MaxLevel = 6, Channels = 96)]
[Head(Depth = 2)]
[Anchors(BaseSize = 3)]
[BoxLoss(BoxLoss.GIoU, Weight = 2)]
[InputSize(384, 288)]
public partial class CellDetector;

/// <summary>What the BCCD set marks.</summary>
public enum BloodCell
{
    /// <summary>Red blood cell.</summary>
    RBC,

    /// <summary>White blood cell.</summary>
    WBC,

    /// <summary>Platelet.</summary>
    Platelets,
}
