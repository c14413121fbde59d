using Fovea;
namespace Goldens.NarrowV1Bottleneck;

[RetinaNet<Label>(Backbone.Custom, Preset.TorchVision, InputGradient = true)]
[Backbone(Block = ResidualBlock.Bottleneck, StageBlocks = new[] { 1, 2, 1, 2 }, BaseWidth = 4, Groups = 1, WidthPerGroup = 64, Norm = Norm.FrozenBatchNorm, FrozenStages = 0)]
[Pyramid(Channels = 32, P6From = P6Source.P5)]
[Head(Depth = 4, Width = 32)]
[BoxLoss(BoxLoss.L1)]
[Resize(Min = 112, Max = 160, Rule = ResizeRule.TorchVision014)]
public partial class GoldenModel;

public enum Label { Class0, Class1, Class2, Class3, Class4 }
