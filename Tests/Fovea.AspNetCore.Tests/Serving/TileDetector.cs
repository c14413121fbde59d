namespace Fovea.Tests.AspNetCore.Serving;

/// <summary>What the tiny detector tells apart.</summary>
public enum Tile
{
    Red = 1,

    /// <summary>A name that JSON and HTML have to be careful with.</summary>
    [ClassName("blue & \"green\"")]
    Blue,
}

/// <summary>The smallest network that has everything.</summary>
[RetinaNet<Tile>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 8)]
[Pyramid(MaxLevel = 5, Channels = 16)]
[Head(Depth = 1)]
[Anchors(BaseSize = 2, Ratios = [1])]
[PostProcessing(MaxDetections = 40)]
[InputSize(64, 64)]
public partial class TileDetector;

/// <summary>A second one in the same application.</summary>
[RetinaNet<Tile>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 8)]
[Pyramid(MaxLevel = 5, Channels = 16)]
[Head(Depth = 1)]
[Anchors(BaseSize = 2, Ratios = [1])]
[InputSize(64, 64)]
public partial class OtherDetector;

/// <summary>Detectors that find something without a training.</summary>
internal static class Detectors
{
    private const string Logits = "head.classification_head.cls_logits";

    public static TileDetector Tiles(DetectorOptions? options = null) => Sharpen(TileDetector.Create(1, options), 40, -1);

    /// <summary>Spreads logits, which are next to each other before a training, and moves them: some scores are high, and some are low.</summary>
    public static TDetector Sharpen<TDetector>(TDetector detector, float factor, float bias)
        where TDetector : Detector
    {
        detector.WriteTensor(Logits + ".weight", [.. detector.ReadTensor(Logits + ".weight").Select(w => w * factor)]);
        detector.WriteTensor(Logits + ".bias", [.. detector.ReadTensor(Logits + ".bias").Select(_ => bias)]);
        return detector;
    }
}
