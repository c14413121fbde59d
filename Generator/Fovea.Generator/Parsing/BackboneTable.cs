using Fovea.Generator.Spec;

namespace Fovea.Generator.Parsing;

/// <summary>What a named backbone fixes.</summary>
internal sealed record BackboneShape(
    BlockKind Block, EquatableArray<int> StageBlocks, int BaseWidth = 64, int Groups = 1, int WidthPerGroup = 64);

/// <summary>The published residual networks.</summary>
/// <remarks>Source: He et al., arXiv:1512.03385, table 1; Xie et al., arXiv:1611.05431, table 1; torchvision/models/resnet.py; ResNet18.onnx of
/// Microsoft.ML.DnnImageFeaturizer.ResNet18.</remarks>
internal static class BackboneTable
{
    public const string Custom = "Custom";

    private static readonly Dictionary<string, BackboneShape> Shapes = new(StringComparer.Ordinal)
    {
        ["ResNet18"] = new(BlockKind.Basic, Stages(2, 2, 2, 2)),
        ["ResNet34"] = new(BlockKind.Basic, Stages(3, 4, 6, 3)),
        ["ResNet50"] = new(BlockKind.Bottleneck, Stages(3, 4, 6, 3)),
        ["ResNet101"] = new(BlockKind.Bottleneck, Stages(3, 4, 23, 3)),
        ["ResNet152"] = new(BlockKind.Bottleneck, Stages(3, 8, 36, 3)),
        ["ResNeXt50_32x4d"] = new(BlockKind.Bottleneck, Stages(3, 4, 6, 3), Groups: 32, WidthPerGroup: 4),
        ["ResNeXt101_32x8d"] = new(BlockKind.Bottleneck, Stages(3, 4, 23, 3), Groups: 32, WidthPerGroup: 8),
        ["ResNeXt101_64x4d"] = new(BlockKind.Bottleneck, Stages(3, 4, 23, 3), Groups: 64, WidthPerGroup: 4),
        ["ResNet18MicrosoftML"] = new(BlockKind.Basic, Stages(2, 2, 2, 3)),
    };

    public static IEnumerable<string> Names => Shapes.Keys.Append(Custom);

    /// <summary>Null for Custom and for what is no backbone.</summary>
    public static BackboneShape? Find(string name) => Shapes.TryGetValue(name, out var shape) ? shape : null;

    private static EquatableArray<int> Stages(params int[] blocks) => blocks.ToEquatableArray();
}
