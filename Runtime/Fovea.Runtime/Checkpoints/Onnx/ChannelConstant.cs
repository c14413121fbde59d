namespace Fovea.Checkpoints.Onnx;

/// <summary>Constants that a node combines with a map [N, C, H, W], channel by channel.</summary>
internal static class ChannelConstant
{
    /// <summary>The elements of a vector that has one for each channel.</summary>
    /// <exception cref="CheckpointException">It is none.</exception>
    public static float[] Vector(OnnxGraph graph, OnnxNode node, int input, int channels)
    {
        var tensor = input < node.Inputs.Length ? graph.Constant(node.Inputs[input]) : null;
        return tensor is not null && tensor.Length == channels
            ? graph.Model.Values(tensor)
            : throw graph.Problem(
                node, FormattableString.Invariant($"{channels} constants as input {input}"), tensor is null ? "none" : $"shape {tensor.ShapeText}");
    }

    /// <summary>
    /// The other operand of a sum or a product, where it is a constant: an element for each channel. Of one that differs from pixel to
    /// pixel, as a mean image does, the mean.
    /// </summary>
    /// <param name="graph">The graph.</param>
    /// <param name="node">Add, Sub, Mul or Div.</param>
    /// <param name="value">The operand that is the map; its place must be the first where the order counts.</param>
    /// <param name="channels">C.</param>
    /// <param name="allowsImage">Whether it may differ from pixel to pixel.</param>
    /// <returns>Null where the other operand is computed.</returns>
    /// <exception cref="CheckpointException">It is a constant of another shape, or the map is the second of two operands.</exception>
    public static double[]? Operand(OnnxGraph graph, OnnxNode node, string value, int channels, bool allowsImage)
    {
        if (node.Inputs.Length != 2)
        {
            return null;
        }

        var isFirst = graph.Same(node.Inputs[0], value);
        if (graph.Constant(node.Inputs[isFirst ? 1 : 0]) is not { } tensor)
        {
            return null;
        }

        if (!isFirst && node.Operator is "Sub" or "Div")
        {
            throw graph.Problem(node, "a constant as second operand", "it as the first");
        }

        // As [C, H, W], the ones before left out.
        int[] shape = [.. Enumerable.Repeat(1, Math.Max(0, 3 - tensor.Shape.Length)), .. tensor.Shape];
        var last = shape[^3..];
        var isChannels = shape[..^3].All(d => d == 1) && (last[0] == 1 || last[0] == channels) && (allowsImage || last is [_, 1, 1]);
        if (!isChannels || tensor.Length == 0)
        {
            throw graph.Problem(node, FormattableString.Invariant($"a constant of shape [{channels}, 1, 1]"), $"shape {tensor.ShapeText}");
        }

        var values = graph.Model.Values(tensor);
        var area = values.Length / last[0];
        var constants = new double[channels];
        for (var c = 0; c < channels; c++)
        {
            var sum = 0d;
            foreach (var element in values.AsSpan(last[0] == 1 ? 0 : c * area, area))
            {
                sum += element;
            }

            constants[c] = sum / area;
        }

        return constants;
    }
}
