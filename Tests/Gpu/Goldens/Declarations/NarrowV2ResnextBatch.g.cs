using Fovea;
namespace Goldens.NarrowV2ResnextBatch;

[RetinaNet<Label>(Backbone.Custom, Preset.TorchVisionV2, InputGradient = true)]
[Backbone(Block = ResidualBlock.Bottleneck, StageBlocks = new[] { 1, 1, 2, 1 }, BaseWidth = 4, Groups = 2, WidthPerGroup = 32, Norm = Norm.BatchNorm, NormStatistics = NormStatistics.Batch, FrozenStages = 0)]
[Pyramid(Channels = 32, P6From = P6Source.C5)]
[Head(Depth = 4, Width = 32, Norm = HeadNorm.GroupNorm, Groups = 8)]
[BoxLoss(BoxLoss.GIoU)]
[Resize(Min = 800, Max = 1333, Rule = ResizeRule.TorchVision014)]
public partial class GoldenModel;

public enum Label { Class0, Class1, Class2, Class3, Class4 }
