using Fovea.EndToEnd.Goldens;

namespace Fovea.EndToEnd.Losses;

/// <summary>Detectors with each declared loss, generated and compiled in memory, learn one picture.</summary>
public class DeclaredLossTests
{
    private const int Side = 64;

    private static readonly Box[] Boxes = [new(8, 8, 24, 24), new(30, 30, 60, 56)];

    [Theory]
    [InlineData("[CrossEntropyLoss]")]
    [InlineData("[BalancedCrossEntropyLoss]")]
    [InlineData("[FocalLoss(Gamma = 5)]")]
    [InlineData("[FocalLossStar]")]
    [InlineData("[OnlineHardExampleMining(BatchSize = 32, NmsIoU = 0.5)]")]
    [InlineData("[OnlineHardExampleMining(BatchSize = 32, NmsIoU = 0.5, PositiveRatio = 3), BoxLoss(BoxLoss.GIoU)]")]
    [InlineData("[OnlineHardExampleMining, Matching(ForegroundIoU = 0.6)]", "Preset.Detectron2")]
    public void A_detector_with_this_loss_learns(string attributes, string preset = "Preset.Fovea")
    {
        using var detector = Create(attributes, preset);
        using var session = Prepare(detector);
        var optimizer = detector.CreateOptimizer(new AdamW { LearningRate = 2e-3 });
        var first = session.Step(optimizer, 2e-3, 10);
        var last = first;
        for (var i = 0; i < 60; i++)
        {
            last = session.Step(optimizer, 2e-3, 10);
        }

        Assert.True(double.IsFinite(last.Loss) && last.Loss < 0.7 * first.Loss, $"{attributes}: loss {first.Loss} → {last.Loss}");
        Assert.True(first.Foreground > 0, $"{attributes}: no foreground");
    }

    /// <summary>Of the same first weights: mining sums over few anchors, cross-entropy over all.</summary>
    [Fact]
    public void Mining_has_the_loss_of_its_few_anchors()
    {
        var mined = FirstLoss("[OnlineHardExampleMining(BatchSize = 16)]");
        var all = FirstLoss("[CrossEntropyLoss]");

        // 16 anchors of two classes, each near −ln(1 − π) or, where foreground, −ln π; divided by one foreground anchor at the least.
        Assert.InRange(mined, 1e-3, 16 * 6);
        Assert.NotEqual(all, mined);
    }

    private static double FirstLoss(string attributes)
    {
        using var detector = Create(attributes, "Preset.Fovea");
        using var session = Prepare(detector);
        return session.ForwardBackward().Classification;
    }

    private static Detector Create(string attributes, string preset) => CompiledModel.Create(
        $$"""
        using Fovea;
        namespace Declared;
        public enum Tile { Red, Blue }
        [RetinaNet<Tile>(Backbone.Custom, {{preset}})]
        [Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 8, Norm = Norm.BatchNorm, FrozenStages = 0)]
        [Pyramid(MaxLevel = 5, Channels = 16)]
        [Head(Depth = 1)]
        [Anchors(BaseSize = 2, Ratios = [1])]
        [InputSize({{Side}}, {{Side}})]
        {{attributes}}
        public partial class TileDetector;
        """,
        "Declared.TileDetector");

    private static TrainingSession Prepare(Detector detector)
    {
        var session = detector.CreateTrainingSession(1, Side, Side);
        var pixels = new float[Side * Side * 3];
        for (var i = 0; i < pixels.Length; i++)
        {
            var (x, y) = (i / 3 % Side, i / 3 / Side);
            pixels[i] = Boxes[0].X1 <= x && x < Boxes[0].X2 && Boxes[0].Y1 <= y && y < Boxes[0].Y2 ? 1
                : Boxes[1].X1 <= x && x < Boxes[1].X2 && Boxes[1].Y1 <= y && y < Boxes[1].Y2 ? -1 : 0.1f * ((i * 7 % 13) - 6) / 6;
        }

        session.SetInput(pixels);
        session.SetTruth(0, Boxes, [0, 1]);
        return session;
    }
}
