namespace Fovea.Checkpoints.Onnx;

/// <summary>A residual block.</summary>
/// <param name="Path">Two convolutions (basic) or three (bottleneck).</param>
/// <param name="Shortcut">The projection beside them, if there is one.</param>
internal sealed record OnnxBlock(IReadOnlyList<ConvNorm> Path, ConvNorm? Shortcut)
{
    public bool IsBottleneck => Path.Count == 3;

    public int Stride => Path.Max(layer => layer.Stride);
}

/// <summary>
/// A ResNet in an ONNX graph, found by what flows where: the first convolution, the maximum behind it, and blocks of two paths that a sum
/// joins, until no convolution follows. Names of nodes and values mean nothing.
/// </summary>
/// <remarks>
/// What differs from torchvision's v1.5 in a way that weights do not show is refused: strides in the 1×1 of a bottleneck, padding that lies
/// on the other side, another activation.
/// </remarks>
internal sealed class OnnxResNet
{
    private const int MaxBlocks = 1000;

    private readonly OnnxGraph graph;

    private OnnxResNet(OnnxGraph graph)
    {
        this.graph = graph;
        var stem = FindStem(graph);
        StemInput = stem.Inputs[0];
        Stem = ConvNorm.Read(graph, stem, 3, out var value);
        CheckPlace(stem, Stem.Kernel, 2);
        value = Activated(value, stem);
        var pool = graph.Consumers(value) is [{ Operator: "MaxPool" } found]
            ? found
            : throw graph.Problem(stem, "a MaxPool behind the first convolution", Behind(value));
        CheckPool(pool);
        ReadBlocks(ConvNorm.OutputOf(graph, pool), Stem.Channels);
    }

    public ConvNorm Stem { get; }

    /// <summary>What goes into the first convolution.</summary>
    public string StemInput { get; }

    /// <summary>The blocks of layer1, layer2, …: a stage begins with a stride of 2.</summary>
    public List<List<OnnxBlock>> Stages { get; } = [[]];

    /// <summary>For messages: <c>basic blocks [2, 2, 2, 2] of width 64</c>.</summary>
    public override string ToString() => ResNetShape.Text(
        Stages is [[{ IsBottleneck: true }, ..], ..], [.. Stages.Select(s => s.Count)], Stem.Channels);

    /// <exception cref="CheckpointException">There is none, or one that our backbones are not.</exception>
    public static OnnxResNet Find(OnnxGraph graph) => new(graph);

    /// <summary>From any convolution up to the one that no other is before.</summary>
    private static OnnxNode FindStem(OnnxGraph graph)
    {
        var node = graph.Model.Nodes.FirstOrDefault(n => n.Operator == "Conv" && n.Inputs.Length > 1);
        var stem = node;
        for (var steps = graph.Model.Nodes.Count; node is not null && node.Inputs.Length > 0; steps--)
        {
            if (steps < 0)
            {
                throw graph.Problem(node, "a graph without circles", "one");
            }

            stem = node.Operator == "Conv" && node.Inputs.Length > 1 ? node : stem;
            node = graph.Producer(node.Inputs[0]);
        }

        return stem ?? throw new CheckpointException(graph.Model.Path, "graph: expected convolutions (Conv), found none: it is no ResNet.");
    }

    private void ReadBlocks(string value, int channels)
    {
        for (var count = 0; graph.Consumers(value).Any(n => n.Operator == "Conv"); count++)
        {
            var block = ReadBlock(value, channels, out var sum);
            if (count > 0 && block.Stride == 2)
            {
                Stages.Add([]);
            }

            Stages[^1].Add(block);
            if (count == MaxBlocks)
            {
                throw graph.Problem(sum, $"at most {MaxBlocks} blocks", "more");
            }

            channels = block.Path[^1].Channels;
            value = Activated(ConvNorm.OutputOf(graph, sum), sum);
        }

        if (Stages[0].Count == 0)
        {
            throw new CheckpointException(graph.Model.Path, $"graph: expected residual blocks behind the first MaxPool, found {Behind(value)}: it is no ResNet.");
        }
    }

    private OnnxBlock ReadBlock(string value, int channels, out OnnxNode sum)
    {
        var paths = graph.Consumers(value).Where(n => n.Operator == "Conv").Take(3).Select(conv => ReadPath(conv, channels)).ToArray();
        (IReadOnlyList<ConvNorm> Layers, OnnxNode Sum, string Output)? shortcut = null;
        var main = paths[0];
        if (paths is [var first, var second])
        {
            (main, shortcut) = first.Layers.Count > second.Layers.Count ? (first, second) : (second, first);
        }

        sum = main.Sum;
        var beside = shortcut?.Output ?? value;
        var joins = sum.Inputs.Length == 2
            && ((graph.Same(sum.Inputs[0], main.Output) && graph.Same(sum.Inputs[1], beside))
                || (graph.Same(sum.Inputs[1], main.Output) && graph.Same(sum.Inputs[0], beside)));
        if (paths.Length > 2 || !joins || main.Layers.Count is not (2 or 3) || shortcut is { Layers.Count: not 1 })
        {
            throw graph.Problem(
                sum, "the sum of two or three convolutions and of a shortcut of one or none",
                $"paths of {string.Join(" and ", paths.Select(p => p.Layers.Count))} convolutions");
        }

        var block = new OnnxBlock(main.Layers, shortcut?.Layers[0]);
        CheckBlock(block, channels);
        return block;
    }

    /// <summary>Convolutions one after the other, up to the sum.</summary>
    private (IReadOnlyList<ConvNorm> Layers, OnnxNode Sum, string Output) ReadPath(OnnxNode conv, int channels)
    {
        var layers = new List<ConvNorm>();
        while (true)
        {
            layers.Add(ConvNorm.Read(graph, conv, layers.Count == 0 ? channels : layers[^1].Channels, out var value));
            if (graph.Consumers(value) is not [var next])
            {
                throw graph.Problem(conv, "one node behind it", Behind(value));
            }

            if (next.Operator is "Add" or "Sum")
            {
                return (layers, next, value);
            }

            value = Activated(value, conv);
            conv = layers.Count < 3 && graph.Consumers(value) is [{ Operator: "Conv" } following]
                ? following
                : throw graph.Problem(conv, "another convolution or a sum behind it", Behind(value));
        }
    }

    private string Activated(string value, OnnxNode behind) => graph.Consumers(value) is [{ Operator: "Relu" } relu]
        ? ConvNorm.OutputOf(graph, relu)
        : throw graph.Problem(behind, "Relu behind it", Behind(value));

    private string Behind(string value) => graph.Consumers(value) is { Count: > 0 } nodes ? string.Join(", ", nodes.Take(4)) : "nothing";

    private void CheckBlock(OnnxBlock block, int channels)
    {
        int[] kernels = block.IsBottleneck ? [1, 3, 1] : [3, 3];
        var strided = block.IsBottleneck ? 1 : 0;
        for (var i = 0; i < kernels.Length; i++)
        {
            var layer = block.Path[i];
            if (layer.Kernel != kernels[i])
            {
                throw graph.Problem(layer.Conv, FormattableString.Invariant($"a {kernels[i]}×{kernels[i]} convolution"), layer.Weight.ShapeText);
            }

            CheckPlace(layer.Conv, layer.Kernel, i == strided && block.Stride == 2 ? 2 : 1);
        }

        if (block.Shortcut is { } projection)
        {
            if (projection.Kernel != 1)
            {
                throw graph.Problem(projection.Conv, "a 1×1 convolution as shortcut", projection.Weight.ShapeText);
            }

            CheckPlace(projection.Conv, 1, block.Stride);
        }

        if ((block.Shortcut?.Channels ?? channels) != block.Path[^1].Channels)
        {
            throw graph.Problem(block.Path[^1].Conv, "as many channels as its shortcut", FormattableString.Invariant($"{block.Path[^1].Channels}"));
        }
    }

    /// <summary>
    /// The stride, and padding that puts each window where ours is: half a kernel before. What is behind does not count on even sizes where
    /// a stride of 2 leaves it out, which ours always are.
    /// </summary>
    private void CheckPlace(OnnxNode node, int kernel, int stride)
    {
        if (node.Integers("strides") is var strides && strides.Length > 0 ? strides.Any(s => s != stride) : stride != 1)
        {
            throw graph.Problem(
                node, FormattableString.Invariant($"stride {stride}"), $"[{string.Join(", ", strides)}]",
                "our backbones are torchvision's v1.5, with the stride in the 3×3 of a bottleneck");
        }

        var half = kernel / 2;
        var pads = node.Integers("pads");
        var isInPlace = node.Text("auto_pad") switch
        {
            "" or "NOTSET" => half == 0
                ? pads.All(p => p == 0)
                : pads.Length == 4 && pads[0] == half && pads[1] == half && pads[2..].All(p => p == half || p == half - (stride - 1)),
            "VALID" => half == 0,
            "SAME_LOWER" => true,
            "SAME_UPPER" => stride == 1 || half == 0,
            _ => false,
        };
        if (!isInPlace)
        {
            throw graph.Problem(
                node, FormattableString.Invariant($"padding of {half}"),
                pads.Length > 0 ? $"[{string.Join(", ", pads)}]" : $"\"{node.Text("auto_pad")}\"",
                "it would see every picture moved by a pixel");
        }
    }

    private void CheckPool(OnnxNode pool)
    {
        if (pool.Integers("kernel_shape") is not [3, 3] || pool.Integers("dilations").Any(d => d != 1))
        {
            throw graph.Problem(pool, "a 3×3 maximum", $"[{string.Join(", ", pool.Integers("kernel_shape"))}]");
        }

        CheckPlace(pool, 3, 2);
        if (pool.Integer("ceil_mode", 0) != 0 && pool.Integers("pads") is not [_, _, 0, 0])
        {
            throw graph.Problem(pool, "ceil_mode 0", "1", "its maps would be a cell larger");
        }
    }
}
