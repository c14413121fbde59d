using Fovea.Generator.Tests.Support;

namespace Fovea.Generator.Tests.Parsing;

// Inside the namespace, so that the spec's enums win over the attributes' of the same names.
using Fovea.Generator.Heads.RetinaNet;
using Fovea.Generator.Spec;

public class ModelParserTests
{
    [Fact]
    public void ADetectorWithoutArguments_HasTheValuesOfThePresetFovea()
    {
        var spec = Declaration.Parse(Declaration.With());

        Assert.Equal("Fovea", spec.Preset);
        Assert.Equal(
            new BackboneSpec(
                "ResNet50", BlockKind.Bottleneck, List(3, 4, 6, 3), 64, 1, 64, NormKind.BatchNorm, NormStatisticsKind.Batch,
                FrozenStages: 0, NormGroups: 32),
            spec.Backbone);
        Assert.Equal(new PyramidSpec(3, 7, 256, P6Source.P5), spec.Pyramid);
        Assert.Equal(
            new AnchorSpec(4, 3, List(0.5, 1, 2), AnchorRounding.TorchVision, AnchorStrides.CanvasOverGrid, SizeMajor: false),
            spec.Anchors);
        Assert.Equal(new TowerSpec(4, 256, NormKind.None, 32, 0.01), spec.Towers);
        Assert.Equal(new ClassificationLossSpec(ClassificationLossKind.Focal, 0.25, 2, 1), spec.ClassificationLoss);
        Assert.Equal(new BoxLossSpec("L1", 0.11, 1), spec.BoxLoss);
        Assert.Equal(new MatchingSpec(0.5, 0.4, AllowLowQuality: true, SkipUncovered: true, "ImageForeground"), spec.Matching);
        Assert.Equal(new PostProcessingSpec(0.05, 1000, 0.5, 100), spec.PostProcessing);
        Assert.Equal(0, spec.InputSizes.Count);
        Assert.Equal(new ResizeSpec(800, 1333, "TorchVision"), spec.Resize);
        Assert.Equal(new PixelSpec(List(0.485, 0.456, 0.406), List(0.229, 0.224, 0.225), Bgr: false, Scale: 1), spec.Pixels);
    }

    [Fact]
    public void NamesOfTypeNamespaceAndClasses_AreFullyQualified()
    {
        var spec = Declaration.Parse(Declaration.With());

        Assert.Equal("Blood", spec.Namespace);
        Assert.Equal("CellDetector", spec.Name);
        Assert.Equal("public", spec.Accessibility);
        Assert.Equal("global::Blood.BloodCell", spec.ClassEnum);
        Assert.Equal(TypeSpec.Ordinary, spec.Type);
    }

    [Fact]
    public void TheGlobalNamespace_IsNull_AndInternalIsTheDefaultAccessibility()
    {
        var spec = Declaration.Parse("[Fovea.RetinaNet<Cell>] partial class D; enum Cell { A }");

        Assert.Null(spec.Namespace);
        Assert.Equal("internal", spec.Accessibility);
        Assert.Equal("global::Cell", spec.ClassEnum);
        Assert.Equal(List<string?>("A"), spec.ClassNames);
    }

    [Fact]
    public void KeywordsAsNames_StayEscaped()
    {
        var spec = Declaration.Parse("namespace @event.@base { [Fovea.RetinaNet<@enum>] partial class @class; enum @enum { A } }");

        Assert.Equal("@event.@base", spec.Namespace);
        Assert.Equal("@class", spec.Name);
        Assert.Equal("global::@event.@base.@enum", spec.ClassEnum);
    }

    [Theory]
    [InlineData("enum Cell { A, B }", "A,B")]
    [InlineData("enum Cell { A = 1, B }", "-,A,B")]
    [InlineData("enum Cell { B = 4, A = 1 }", "-,A,-,-,B")]
    [InlineData("enum Cell : byte { A, B = 2 }", "A,-,B")]
    [InlineData("enum Cell : long { A, B = 2 }", "A,-,B")]
    [InlineData("enum Cell : ulong { A, B = 2 }", "A,-,B")]
    [InlineData("enum Cell : short { [Fovea.ClassName(\"traffic light\")] A, B }", "traffic light,B")]
    public void ClassNames_FollowTheChannels(string declaration, string names)
    {
        var spec = Declaration.Parse($"[Fovea.RetinaNet<Cell>] partial class D; {declaration}");

        Assert.Equal(names, string.Join(",", spec.ClassNames.Select(n => n ?? "-")));
        Assert.Equal(names.Split(',').Length, spec.Classes);
    }

    [Theory]
    [InlineData("ResNet18", "Basic", "2,2,2,2", 1, 64)]
    [InlineData("ResNet34", "Basic", "3,4,6,3", 1, 64)]
    [InlineData("ResNet50", "Bottleneck", "3,4,6,3", 1, 64)]
    [InlineData("ResNet101", "Bottleneck", "3,4,23,3", 1, 64)]
    [InlineData("ResNet152", "Bottleneck", "3,8,36,3", 1, 64)]
    [InlineData("ResNeXt50_32x4d", "Bottleneck", "3,4,6,3", 32, 4)]
    [InlineData("ResNeXt101_32x8d", "Bottleneck", "3,4,23,3", 32, 8)]
    [InlineData("ResNeXt101_64x4d", "Bottleneck", "3,4,23,3", 64, 4)]
    [InlineData("ResNet18MicrosoftML", "Basic", "2,2,2,3", 1, 64)]
    public void NamedBackbones_HaveTheirPublishedShape(string name, string block, string stages, int groups, int widthPerGroup)
    {
        var backbone = Declaration.Parse(Declaration.Of($"[RetinaNet<BloodCell>(Backbone.{name})]")).Backbone;

        Assert.Equal(name, backbone.Name);
        Assert.Equal(block, backbone.Block.ToString());
        Assert.Equal(stages, string.Join(",", backbone.StageBlocks));
        Assert.Equal((64, groups, widthPerGroup), (backbone.BaseWidth, backbone.Groups, backbone.WidthPerGroup));
    }

    [Fact]
    public void EveryArgument_ReachesTheSpec()
    {
        var spec = Declaration.Parse(Declaration.Of(
            "[RetinaNet<BloodCell>(Backbone.Custom, Preset.TorchVisionV2, InputGradient = true)]",
            "[Backbone(Block = ResidualBlock.Bottleneck, StageBlocks = new[] { 1, 2, 1, 3 }, BaseWidth = 8, Groups = 4, WidthPerGroup = 16,",
            "    Norm = Norm.GroupNorm, NormStatistics = NormStatistics.Running, FrozenStages = 3, NormGroups = 4)]",
            "[Pyramid(MinLevel = 2, MaxLevel = 6, Channels = 48, P6From = P6Source.P5)]",
            "[Anchors(BaseSize = 3, ScalesPerOctave = 2, Ratios = [0.25, 1.5], Rounding = AnchorRounding.None, Strides = AnchorStrides.PowerOfTwo)]",
            "[Head(Depth = 2, Width = 24, Norm = HeadNorm.GroupNorm, Groups = 6, Prior = 0.02)]",
            "[BalancedCrossEntropyLoss(Alpha = 0.6, Weight = 2)]",
            "[BoxLoss(BoxLoss.SmoothL1, Beta = 0.5, Weight = 3)]",
            "[Matching(ForegroundIoU = 0.6, BackgroundIoU = 0.3, AllowLowQuality = false, SkipUncovered = true, Normalizer = LossNormalization.RunningForeground)]",
            "[PostProcessing(ScoreThreshold = 0.1, TopK = 200, NmsIoU = 0.6, MaxDetections = 50)]",
            "[InputSize(640, 480)]",
            "[InputSize(height: 320, width: 352)]"));

        Assert.Equal("TorchVisionV2", spec.Preset);
        Assert.True(spec.InputGradient);
        Assert.Equal(
            new BackboneSpec("Custom", BlockKind.Bottleneck, List(1, 2, 1, 3), 8, 4, 16, NormKind.GroupNorm, NormStatisticsKind.Running, 3, 4),
            spec.Backbone);
        Assert.Equal(new PyramidSpec(2, 6, 48, P6Source.P5), spec.Pyramid);
        Assert.Equal(new AnchorSpec(3, 2, List(0.25, 1.5), AnchorRounding.None, AnchorStrides.PowerOfTwo, false), spec.Anchors);
        Assert.Equal(new TowerSpec(2, 24, NormKind.GroupNorm, 6, 0.02), spec.Towers);
        Assert.Equal(new ClassificationLossSpec(ClassificationLossKind.BalancedCrossEntropy, 0.6, 0, 2), spec.ClassificationLoss);
        Assert.Equal(new BoxLossSpec("SmoothL1", 0.5, 3), spec.BoxLoss);
        Assert.Equal(new MatchingSpec(0.6, 0.3, false, true, "RunningForeground"), spec.Matching);
        Assert.Equal(new PostProcessingSpec(0.1, 200, 0.6, 50), spec.PostProcessing);
        Assert.Equal(List(new CanvasSpec(640, 480), new CanvasSpec(352, 320)), spec.InputSizes);
        Assert.Null(spec.Resize);
    }

    [Fact]
    public void FocalLossAndResize_ReachTheSpec()
    {
        var spec = Declaration.Parse(Declaration.With(
            "[FocalLoss(Alpha = 0.4, Gamma = 3, Weight = 0.5)]", "[Resize(Min = 600, Max = 1000, Rule = ResizeRule.TorchVision014)]"));

        Assert.Equal(new ClassificationLossSpec(ClassificationLossKind.Focal, 0.4, 3, 0.5), spec.ClassificationLoss);
        Assert.Equal(new ResizeSpec(600, 1000, "TorchVision014"), spec.Resize);
    }

    [Fact]
    public void CrossEntropy_HasNeitherAlphaNorGamma()
    {
        var spec = Declaration.Parse(Declaration.With("[CrossEntropyLoss]"));

        Assert.Equal(new ClassificationLossSpec(ClassificationLossKind.CrossEntropy, -1, 0, 1), spec.ClassificationLoss);
    }

    [Fact]
    public void FocalLossStar_ReachesTheSpec()
    {
        var spec = Declaration.Parse(Declaration.With("[FocalLossStar(Gamma = 4, Beta = -0.5, Weight = 2)]"));

        Assert.Equal(new ClassificationLossSpec(ClassificationLossKind.FocalStar, -1, 4, 2) { Beta = -0.5 }, spec.ClassificationLoss);
    }

    [Fact]
    public void HardExampleMining_IsCrossEntropyOfWhatItKeeps()
    {
        var spec = Declaration.Parse(Declaration.With("[OnlineHardExampleMining(BatchSize = 256, NmsIoU = 0.5, PositiveRatio = 3)]"));

        var expected = new ClassificationLossSpec(ClassificationLossKind.HardExamples, -1, 0, 1) { HardExamples = new(256, 0.5, 3) };
        Assert.Equal(expected, spec.ClassificationLoss);
    }

    [Fact]
    public void TheHeads_AreAsWideAsThePyramid_UnlessTheySayOtherwise()
    {
        Assert.Equal(64, Declaration.Parse(Declaration.With("[Pyramid(Channels = 64)]")).Towers.Width);
        Assert.Equal(32, Declaration.Parse(Declaration.With("[Pyramid(Channels = 64)]", "[Head(Width = 32)]")).Towers.Width);
    }

    [Fact]
    public void AttributesOnOtherParts_Count()
    {
        var spec = Declaration.Parse(Declaration.With() + "\n[Pyramid(MaxLevel = 6)] public partial class CellDetector;");

        Assert.Equal(6, spec.Pyramid.MaxLevel);
    }

    [Fact]
    public void AnotherLibrarysAttributeOfTheSameName_DoesNotCount()
    {
        var spec = Declaration.Parse(
            "[Fovea.RetinaNet<Cell>, Mine.Head(Depth = 9)] partial class D; enum Cell { A } namespace Mine { class HeadAttribute : Attribute { public int Depth { get; set; } } }");

        Assert.Equal(4, spec.Towers.Depth);
    }

    private static EquatableArray<T> List<T>(params T[] items) => items.ToEquatableArray();
}
