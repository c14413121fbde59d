using System;

namespace Fovea;

/// <summary>
/// Refines the backbone: its norms and frozen stages, and, for <see cref="Backbone.Custom"/>, its blocks and widths. A named backbone keeps
/// its own
/// <see cref="Block"/>, <see cref="StageBlocks"/>, <see cref="BaseWidth"/>, <see cref="Groups"/> and <see cref="WidthPerGroup"/>: other
/// values need Custom.
/// </summary>
/// <remarks>Source: torchvision/models/resnet.py.</remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class BackboneAttribute : Attribute
{
    /// <summary>The residual block. Default of Custom: <see cref="ResidualBlock.Bottleneck"/>.</summary>
    public ResidualBlock Block { get; set; } = ResidualBlock.Bottleneck;

    /// <summary>Blocks of layer1 … layer4: four numbers from 1 to 256. Custom must give them.</summary>
    public int[] StageBlocks { get; set; } = [];

    /// <summary>
    /// Channels of the stem and planes of layer1; each stage doubles them. At least 1; default 64, as in every published residual network.
    /// </summary>
    public int BaseWidth { get; set; } = 64;

    /// <summary>Groups of the bottleneck's 3×3 convolution (ResNeXt's cardinality). At least 1; default 1. Basic blocks have one.</summary>
    public int Groups { get; set; } = 1;

    /// <summary>
    /// A bottleneck's width is ⌊planes · WidthPerGroup / 64⌋ · <see cref="Groups"/>. At least 1; default 64. Basic blocks need 64.
    /// </summary>
    public int WidthPerGroup { get; set; } = 64;

    /// <summary>
    /// The norm behind each convolution. Default: <see cref="Norm.BatchNorm"/> in Fovea and TorchVisionV2,
    /// <see cref="Norm.FrozenBatchNorm"/> in the other presets.
    /// </summary>
    public Norm Norm { get; set; } = Norm.BatchNorm;

    /// <summary>Which statistics a batch norm uses in training. Default: <see cref="NormStatistics.Batch"/>.</summary>
    public NormStatistics NormStatistics { get; set; } = NormStatistics.Batch;

    /// <summary>
    /// Stages that do not learn: 0 none, 1 the stem, 2 the stem and layer1, … 5 the whole backbone; no gradient code is generated for them.
    /// Default: 0 in Fovea and
    /// TorchVisionV2, 2 in the other presets (torchvision's <c>trainable_layers = 3</c>).
    /// </summary>
    public int FrozenStages { get; set; }

    /// <summary>
    /// Groups of <see cref="Norm.GroupNorm"/>; they must divide every width. Default 32 (Wu and He, arXiv:1803.08494, section 3).
    /// </summary>
    public int NormGroups { get; set; } = 32;
}
