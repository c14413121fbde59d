using Fovea.Generator.Tests.Support;

namespace Fovea.Generator.Tests.Lowering;

// Inside, so that the compiler's own enums win over those of Definitions.
using Fovea.Generator.Heads.RetinaNet;
using Fovea.Generator.Spec;

/// <summary>Declared models for tests, as the parser would hand them on.</summary>
internal static class Specs
{
    public static ModelSpec ResNet(int depth, int classes, NormKind norm = NormKind.FrozenBatchNorm, P6Source p6 = P6Source.P5)
    {
        var (block, blocks) = depth switch
        {
            18 => (BlockKind.Basic, new[] { 2, 2, 2, 2 }),
            34 => (BlockKind.Basic, [3, 4, 6, 3]),
            50 => (BlockKind.Bottleneck, [3, 4, 6, 3]),
            101 => (BlockKind.Bottleneck, [3, 4, 23, 3]),
            152 => (BlockKind.Bottleneck, [3, 8, 36, 3]),
            _ => throw new ArgumentOutOfRangeException(nameof(depth), depth, "expected 18, 34, 50, 101 or 152"),
        };
        return Model(
            new($"ResNet{depth}", block, blocks.ToEquatableArray(), 64, 1, 64, norm, NormStatisticsKind.Batch, 0, 32),
            new(3, 7, 256, p6), new(4, 256, NormKind.None, 32, 0.01), 3, classes);
    }

    /// <summary>torchvision's retinanet_resnet50_fpn_v2.</summary>
    public static ModelSpec V2(int classes)
    {
        var spec = ResNet(50, classes, NormKind.BatchNorm, P6Source.C5);
        return spec.WithHead(head => head with { Towers = head.Towers with { Norm = NormKind.GroupNorm } });
    }

    /// <summary>One block in each stage, a few channels, levels P3 to P6, one tower convolution.</summary>
    public static ModelSpec Toy(
        BlockKind block = BlockKind.Bottleneck, NormKind norm = NormKind.BatchNorm,
        NormStatisticsKind statistics = NormStatisticsKind.Batch, int frozenStages = 0, int groups = 1,
        NormKind headNorm = NormKind.None, P6Source p6 = P6Source.P5, int minLevel = 3, int maxLevel = 6)
    {
        var backbone = new BackboneSpec(
            "Custom", block, new[] { 1, 1, 1, 1 }.ToEquatableArray(), 4, groups, groups == 1 ? 64 : 32, norm, statistics, frozenStages, 2);
        return Model(backbone, new(minLevel, maxLevel, 4, p6), new(1, 4, headNorm, 2, 0.01), 1, 2);
    }

    private static ModelSpec Model(BackboneSpec backbone, PyramidSpec pyramid, TowerSpec towers, int scales, int classes) => new()
    {
        Namespace = null,
        Name = "Detector",
        Accessibility = "public",
        ClassEnum = "global::Thing",
        ClassNames = Enumerable.Range(0, classes).Select(i => (string?)$"Thing{i}").ToEquatableArray(),
        Preset = "TorchVision",
        Backbone = backbone,
        Pyramid = pyramid,
        Head = new RetinaNetSpec
        {
            Anchors = new(
                4, scales, new[] { 0.5, 1, 2 }.ToEquatableArray(), AnchorRounding.TorchVision, AnchorStrides.CanvasOverGrid,
                SizeMajor: false),
            Towers = towers,
            ClassificationLoss = new(ClassificationLossKind.Focal, 0.25, 2, 1),
            BoxLoss = new("L1", 0, 1),
            Matching = new(0.5, 0.4, AllowLowQuality: true, SkipUncovered: false, "ImageForeground"),
            PostProcessing = new(0.05, 1000, 0.5, 300),
        },
        InputSizes = EquatableArray<CanvasSpec>.Empty,
        Resize = new(800, 1333, "TorchVision014"),
        Pixels = new(new[] { 0.485, 0.456, 0.406 }.ToEquatableArray(), new[] { 0.229, 0.224, 0.225 }.ToEquatableArray(), Bgr: false, 1),
    };
}
