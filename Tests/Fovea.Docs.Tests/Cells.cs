namespace Fovea.Docs.Cells;

/// <summary>The classes that pages speak of.</summary>
public enum BloodCell
{
    RBC = 1,
    WBC,
    Platelets,
}

/// <summary>The detector that pages speak of, small.</summary>
[RetinaNet<BloodCell>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 8)]
[Pyramid(MaxLevel = 5, Channels = 16)]
[Head(Depth = 1)]
[InputSize(64, 64)]
public partial class CellDetector;

/// <summary>A device of a reader's own, which gives pictures.</summary>
public static class Scanner
{
    public static RgbImage Read(int index) => new(640, 480 + (index * 0));
}
