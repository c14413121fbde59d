using Fovea;
namespace Goldens.NarrowV2Gn32;

[RetinaNet<Label>(Backbone.Custom, Preset.TorchVisionV2, InputGradient = true)]
[Backbone(Block = ResidualBlock.Bottleneck, StageBlocks = new[] { 1, 2, 1, 1 }, BaseWidth = 4, Groups = 1, WidthPerGroup = 64, Norm = Norm.BatchNorm, NormStatistics = NormStatistics.Running, FrozenStages = 0)]
[Pyramid(Channels = 64, P6From = P6Source.C5)]
[Head(Depth = 4, Width = 64, Norm = HeadNorm.GroupNorm, Groups = 32)]
[BoxLoss(BoxLoss.GIoU)]
[Resize(Min = 112, Max = 160, Rule = ResizeRule.TorchVision014)]
public partial class GoldenModel;

public enum Label { Class0, Class1, Class2, Class3, Class4 }
