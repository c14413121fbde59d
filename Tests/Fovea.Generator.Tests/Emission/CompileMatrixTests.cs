using Fovea.Generator.Tests.Support;

namespace Fovea.Generator.Tests.Emission;

/// <summary>
/// Whatever is declared compiles without a warning, in a program with nullable types, all documentation and without implicit usings of
/// ours; and no line of it is wider than 140 columns.
/// </summary>
public sealed class CompileMatrixTests
{
    public static TheoryData<string> Backbones => new(Enum.GetNames<Backbone>().Where(name => name != nameof(Backbone.Custom)));

    public static TheoryData<string> Presets => new(Enum.GetNames<Preset>());

    [Theory]
    [MemberData(nameof(Backbones))]
    public void Every_backbone_compiles_without_warning(string backbone) => AssertClean($"[RetinaNet<BloodCell>(Backbone.{backbone})]");

    [Theory]
    [MemberData(nameof(Presets))]
    public void Every_preset_compiles_without_warning(string preset) =>
        AssertClean($"[RetinaNet<BloodCell>(Backbone.ResNet50, Preset.{preset})]");

    [Theory]
    [InlineData("[Backbone(Norm = Norm.FrozenBatchNorm, FrozenStages = 2)]")]
    [InlineData("[Backbone(NormStatistics = NormStatistics.Running)]")]
    [InlineData("[Backbone(Norm = Norm.GroupNorm)] [Head(Norm = HeadNorm.GroupNorm)]")]
    [InlineData("[Backbone(FrozenStages = 5)]")]
    [InlineData("[Pyramid(MinLevel = 2, MaxLevel = 4)]")]
    [InlineData("[Pyramid(MinLevel = 5, MaxLevel = 5)] [InputSize(640, 480)] [InputSize(320, 320)]")]
    [InlineData("[Pyramid(P6From = P6Source.C5, Channels = 96)] [Head(Depth = 1, Width = 64)]")]
    [InlineData("[Anchors(Ratios = [1], ScalesPerOctave = 1)] [CrossEntropyLoss] [BoxLoss(BoxLoss.CIoU)]")]
    [InlineData("[BalancedCrossEntropyLoss(Alpha = 0.75)] [BoxLoss(BoxLoss.SmoothL1, Beta = 0.1)] [Matching(SkipUncovered = false)]")]
    [InlineData("[FocalLossStar(Gamma = 4, Beta = 0)]")]
    [InlineData("[OnlineHardExampleMining]")]
    [InlineData("[OnlineHardExampleMining(BatchSize = 512, NmsIoU = 0.5, PositiveRatio = 3)] [BoxLoss(BoxLoss.GIoU, Weight = 2)]")]
    [InlineData("[PostProcessing(ScoreThreshold = 0.01, TopK = 100, MaxDetections = 20)] [Resize(Min = 600, Max = 1000)]")]
    public void Every_variation_compiles_without_warning(string attributes) =>
        AssertClean("[RetinaNet<BloodCell>(Backbone.ResNet18)] " + attributes);

    [Fact]
    public void Two_models_without_namespace_and_with_names_that_are_keywords_compile_in_one_program() => GeneratorHarness.Run(
        """
        using Fovea;

        [RetinaNet<Thing>(Backbone.ResNet18)]
        public partial class @class;

        [RetinaNet<Thing>(Backbone.ResNet18)]
        internal partial class Detector;

        public enum Thing { @event, Other = 3 }
        """).AssertClean();

    private static void AssertClean(string attributes) => GeneratorHarness.Run(Declaration.Of(attributes)).AssertClean().AssertNarrow();
}
