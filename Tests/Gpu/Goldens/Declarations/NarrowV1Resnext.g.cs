using Fovea;
namespace Goldens.NarrowV1Resnext;

[RetinaNet<Label>(Backbone.Custom, Preset.TorchVision, InputGradient = true)]
[Backbone(Block = ResidualBlock.Bottleneck, StageBlocks = new[] { 1, 1, 2, 1 }, BaseWidth = 4, Groups = 4, WidthPerGroup = 16, Norm = Norm.FrozenBatchNorm, FrozenStages = 0)]
[Pyramid(Channels = 32, P6From = P6Source.P5)]
[Head(Depth = 4, Width = 32)]
[BoxLoss(BoxLoss.L1)]
[Resize(Min = 800, Max = 1333, Rule = ResizeRule.TorchVision014)]
public partial class GoldenModel;

public enum Label { Class0, Class1, Class2, Class3, Class4, Class5, Class6 }
