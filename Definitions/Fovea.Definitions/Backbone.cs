namespace Fovea;

#pragma warning disable CA1707 // ResNeXt50_32x4d: torchvision's names for groups × width; without the underscore the numbers run together.

/// <summary>
/// The network whose stages C2 … C5 feed the pyramid. All are torchvision's v1.5 residual networks (stride in the 3×3 convolution of a
/// bottleneck).
/// The default is <see cref="ResNet50"/>; <see cref="Preset.MlPerf"/> takes <see cref="ResNeXt50_32x4d"/>.
/// </summary>
/// <remarks>Source: He et al., arXiv:1512.03385, table 1; Xie et al., arXiv:1611.05431, table 1; torchvision/models/resnet.py.</remarks>
public enum Backbone
{
    /// <summary>Basic blocks 2, 2, 2, 2.</summary>
    ResNet18,

    /// <summary>Basic blocks 3, 4, 6, 3.</summary>
    ResNet34,

    /// <summary>Bottlenecks 3, 4, 6, 3.</summary>
    ResNet50,

    /// <summary>Bottlenecks 3, 4, 23, 3.</summary>
    ResNet101,

    /// <summary>Bottlenecks 3, 8, 36, 3.</summary>
    ResNet152,

    /// <summary>Bottlenecks 3, 4, 6, 3 with 32 groups of width 4.</summary>
    ResNeXt50_32x4d,

    /// <summary>Bottlenecks 3, 4, 23, 3 with 32 groups of width 8.</summary>
    ResNeXt101_32x8d,

    /// <summary>Bottlenecks 3, 4, 23, 3 with 64 groups of width 4.</summary>
    ResNeXt101_64x4d,

    /// <summary>
    /// Basic blocks 2, 2, 2, 3: the ResNet-18 whose weights, trained on ImageNet, are in the package
    /// <c>Microsoft.ML.DnnImageFeaturizer.ResNet18</c> (MIT). A training begins with them where <c>TrainerOptions.Pretrained</c>
    /// (<c>--pretrained</c>) says so. Source: its ResNet18.onnx, version 0.23.1.
    /// </summary>
    ResNet18MicrosoftML,

    /// <summary>What <see cref="BackboneAttribute"/> says; it must give <see cref="BackboneAttribute.StageBlocks"/>.</summary>
    Custom,
}
