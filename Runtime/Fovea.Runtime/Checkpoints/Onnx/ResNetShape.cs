using System.Globalization;

namespace Fovea.Checkpoints.Onnx;

/// <summary>The shape of a model's backbone, by the keys of its tensors.</summary>
/// <param name="IsBottleneck">Three convolutions a block, or two.</param>
/// <param name="StageBlocks">Blocks of the stages that the model has.</param>
/// <param name="Width">Channels of the stem.</param>
internal sealed record ResNetShape(bool IsBottleneck, int[] StageBlocks, int Width)
{
    private const string Layer = StateNames.Backbone + "layer";

    public static ResNetShape Of(ModelDescription model)
    {
        var blocks = new List<int>();
        var (isBottleneck, width) = (false, 0);
        foreach (var tensor in model.Tensors.Where(t => t.Key.StartsWith(StateNames.Backbone, StringComparison.Ordinal)))
        {
            if (tensor.Key == StateNames.Backbone + "conv1.weight")
            {
                width = tensor.Shape[0];
            }

            // layer1.0.conv1.weight: the first convolution of each block.
            if (tensor.Key.StartsWith(Layer, StringComparison.Ordinal) && tensor.Key[Layer.Length..].Split('.') is [var stage, var block, var part, "weight"])
            {
                isBottleneck |= part == "conv3";
                if (part == "conv1" && block == "0")
                {
                    blocks.Add(0);
                }

                if (part == "conv1")
                {
                    blocks[^1]++;
                }
            }
        }

        return new ResNetShape(isBottleneck, [.. blocks], width);
    }

    public static string Text(bool isBottleneck, int[] blocks, int width) => string.Create(
        CultureInfo.InvariantCulture, $"{(isBottleneck ? "bottlenecks" : "basic blocks")} [{string.Join(", ", blocks)}] of width {width}");

    public override string ToString() => Text(IsBottleneck, StageBlocks, Width);
}
