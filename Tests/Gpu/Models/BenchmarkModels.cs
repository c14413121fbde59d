namespace Fovea.Gpu.Models;

/// <summary>
/// RetinaNet over ResNet-50 as torchvision builds it from pretrained weights: frozen norms, the stem and first stage untrained, 91 classes.
/// </summary>
[RetinaNet<Category>(Backbone.ResNet50, Preset.TorchVision)]
[Backbone(Norm = Norm.FrozenBatchNorm, FrozenStages = 2)]
[InputSize(800, 800), InputSize(640, 640)]
public partial class BenchmarkDetector;

/// <summary>A whole detector that runs in milliseconds on a CPU: for rehearsals, and where bits are compared.</summary>
[RetinaNet<Figure>(Backbone.Custom, Preset.TorchVision)]
[Backbone(Block = ResidualBlock.Bottleneck, StageBlocks = new[] { 1, 1, 1, 1 }, BaseWidth = 8, Norm = Norm.BatchNorm)]
[Pyramid(Channels = 16)]
[Head(Depth = 1, Width = 16)]
[InputSize(128, 128)]
public partial class NarrowDetector;

/// <summary>Three classes.</summary>
public enum Figure
{
    Disc,
    Square,
    Star,
}
