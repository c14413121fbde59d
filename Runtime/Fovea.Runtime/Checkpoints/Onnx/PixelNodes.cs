namespace Fovea.Checkpoints.Onnx;

/// <summary>What a graph does to pixels before its first convolution: exchanges channels, moves and scales them.</summary>
internal sealed class PixelNodes
{
    private const int MaxDepth = 64;
    private const int MaxChannels = 64;

    private readonly OnnxGraph graph;
    private readonly Dictionary<string, PixelChannel[]> known = new(StringComparer.Ordinal);

    private PixelNodes(OnnxGraph graph, PixelChannel[] input)
    {
        this.graph = graph;
        known.Add(graph.Input, input);
    }

    /// <summary>A value's channels as functions of a pixel.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="value">Before any convolution.</param>
    /// <param name="input">Those of the graph's input.</param>
    /// <exception cref="CheckpointException">A node does something else.</exception>
    public static PixelChannel[] Read(OnnxGraph graph, string value, PixelChannel[] input) => new PixelNodes(graph, input).Of(value, 0);

    private PixelChannel[] Of(string value, int depth)
    {
        if (known.TryGetValue(value, out var found))
        {
            return found;
        }

        if (graph.Same(value, graph.Input))
        {
            return known[graph.Input];
        }

        if (graph.Producer(value) is not { Inputs.Length: > 0 } node)
        {
            throw new CheckpointException(
                graph.Model.Path, $"graph: expected pixels from {CheckpointException.Shorten(graph.Input)}, found {CheckpointException.Shorten(value)}, which nothing makes.");
        }

        if (depth == MaxDepth)
        {
            throw graph.Problem(node, $"at most {MaxDepth} nodes before the first convolution", "more");
        }

        var channels = Apply(node, value, depth + 1);
        known.TryAdd(value, channels);
        return channels;
    }

    private PixelChannel[] Apply(OnnxNode node, string value, int depth)
    {
        switch (node.Operator)
        {
            case "Cast":
                return Of(node.Inputs[0], depth);
            case "Concat" when node.Integer("axis", 0) == 1:
                var joined = node.Inputs.SelectMany(input => Of(input, depth)).Take(MaxChannels + 1).ToArray();
                return joined.Length <= MaxChannels ? joined : throw graph.Problem(node, $"at most {MaxChannels} channels", "more");
            case "Split" when node.Integer("axis", 0) == 1:
                return Part(node, value, Of(node.Inputs[0], depth));
            case "Gather" when node.Integer("axis", 0) == 1 && node.Inputs.Length == 2 && graph.Constant(node.Inputs[1]) is { } indices:
                return Gather(node, Of(node.Inputs[0], depth), indices);
            case "BatchNormalization":
                return Normalized(node, Of(node.Inputs[0], depth));
            case "Add" or "Sub" or "Mul" or "Div" when node.Inputs.Length == 2:
                return Combined(node, depth);
            default:
                throw graph.Problem(
                    node, "nodes that exchange, move or scale channels before the first convolution", "another",
                    "leave it out, and say in LoadOptions.Pixels how pixels become the input");
        }
    }

    private PixelChannel[] Part(OnnxNode node, string value, PixelChannel[] whole)
    {
        var sizes = node.Inputs.Length > 1 && graph.Constant(node.Inputs[1]) is { } given && given.Length <= MaxChannels
            ? Array.ConvertAll(graph.Model.Values(given), s => (long)s)
            : node.Integers("split");
        sizes = sizes.Length > 0 ? sizes : [.. node.Outputs.Select(_ => (long)whole.Length / node.Outputs.Length)];
        var index = Array.FindIndex(node.Outputs, o => graph.Same(o, value));
        if (sizes.Length != node.Outputs.Length || sizes.Any(s => s < 0 || s > whole.Length) || sizes.Sum() != whole.Length)
        {
            throw graph.Problem(node, FormattableString.Invariant($"parts of {whole.Length} channels"), $"[{string.Join(", ", sizes.Take(MaxChannels))}]");
        }

        var start = (int)sizes.Take(index).Sum();
        return whole[start..(start + (int)sizes[index])];
    }

    private PixelChannel[] Gather(OnnxNode node, PixelChannel[] whole, OnnxTensor indices)
    {
        if (indices.Length > MaxChannels)
        {
            throw graph.Problem(node, $"at most {MaxChannels} channels", indices.ShapeText);
        }

        return Array.ConvertAll(graph.Model.Values(indices), i =>
        {
            var channel = i < 0 ? i + whole.Length : i;
            return channel >= 0 && channel < whole.Length
                ? whole[(int)channel]
                : throw graph.Problem(node, FormattableString.Invariant($"channels below {whole.Length}"), FormattableString.Invariant($"{i}"));
        });
    }

    private PixelChannel[] Normalized(OnnxNode node, PixelChannel[] channels)
    {
        var (gamma, beta) = (ChannelConstant.Vector(graph, node, 1, channels.Length), ChannelConstant.Vector(graph, node, 2, channels.Length));
        var (mean, variance) = (ChannelConstant.Vector(graph, node, 3, channels.Length), ChannelConstant.Vector(graph, node, 4, channels.Length));
        var epsilon = (double)node.Single("epsilon", 1e-5f);
        return [.. channels.Select((c, i) =>
        {
            var factor = gamma[i] / Math.Sqrt(variance[i] + epsilon);
            return c with { Gain = c.Gain * factor, Offset = ((c.Offset - mean[i]) * factor) + beta[i] };
        })];
    }

    private PixelChannel[] Combined(OnnxNode node, int depth)
    {
        var source = graph.Constant(node.Inputs[0]) is null ? node.Inputs[0] : node.Inputs[1];
        var channels = Of(source, depth);
        var constants = ChannelConstant.Operand(graph, node, source, channels.Length, allowsImage: true)
            ?? throw graph.Problem(node, "a constant as one operand", "two that are computed");
        return [.. channels.Select((c, i) => node.Operator switch
        {
            "Add" => c with { Offset = c.Offset + constants[i] },
            "Sub" => c with { Offset = c.Offset - constants[i] },
            "Mul" => c with { Gain = c.Gain * constants[i], Offset = c.Offset * constants[i] },
            _ => c with { Gain = c.Gain / constants[i], Offset = c.Offset / constants[i] },
        })];
    }
}
