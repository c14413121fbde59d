using Fovea.Generator.Graph;
using Fovea.Generator.Graph.Ops;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Lowering;

/// <summary>A declared convolution: its parameters, and how they are applied.</summary>
internal sealed record ConvLayer(ConvWeights Weights, ConvGeometry Geometry);

/// <summary>A declared norm: its parameters, and over what it normalises.</summary>
internal sealed record NormLayer(NormWeights Weights, NormUse Use);

/// <summary>
/// Appends the primitives of one block to the graph's forward: no fusion, no folding, one op for each thing that torchvision's module does.
/// </summary>
internal sealed class BlockWriter
{
    private readonly ModelGraph graph;
    private readonly Block block;
    private readonly bool frozen;

    /// <param name="frozen">Whether the block's parameters are not learned.</param>
    public BlockWriter(ModelGraph graph, Block block, bool frozen = false)
    {
        this.graph = graph;
        this.block = block;
        this.frozen = frozen;
        graph.Blocks.Add(block);
    }

    /// <summary>Makes a value of another block readable here under a name of this block's own.</summary>
    public Value Import(Value value, string role)
    {
        block.Imports[value] = role;
        return value;
    }

    /// <summary>Declares a "same" convolution, in state_dict order.</summary>
    /// <param name="bias">First value of the bias; null: none.</param>
    public ConvLayer DeclareConv(
        string key, string role, int inChannels, int outChannels, int kernel, int stride = 1, int groups = 1, double? bias = null,
        ConvInitializer initializer = ConvInitializer.KaimingNormalFanOut)
    {
        var weights = new ConvWeights(key, block, role, inChannels / groups, outChannels, kernel, bias is not null)
        {
            Frozen = frozen,
            Initializer = initializer,
            InitialBias = bias ?? 0,
        };
        graph.Parameters.Add(weights);
        return new(weights, ConvGeometry.Same(kernel, stride, groups));
    }

    /// <summary>Declares a norm, in state_dict order. The parameters of a frozen batch norm are never learned.</summary>
    public NormLayer DeclareNorm(string key, string role, int channels, NormUse use)
    {
        var isBuffer = use.Kind == NormKind.FrozenBatchNorm;
        var weights = new NormWeights(key, block, role, channels, hasRunningStatistics: !use.IsPerImage, isBuffer)
        {
            Frozen = frozen || isBuffer,
        };
        graph.Parameters.Add(weights);
        return new(weights, use);
    }

    public Value Conv(Value x, ConvLayer layer, string role) => Append(new Conv(layer.Geometry), role, [x], layer.Weights);

    public Value Norm(Value x, NormLayer layer, string role)
    {
        var node = Node(new Norm(layer.Use), [x], layer.Weights);
        var y = Output(node, role);
        var statistics = layer.Use.IsPerImage
            ? Shape.Point(layer.Use.Groups, y.Shape.Levels)
            : Shape.Vector(layer.Weights.Channels, y.Shape.Levels);
        var name = layer.Weights.Role + "Statistics";
        node.Outputs.Add(new Value($"{block.Name}.{Lower(name)}", ValueKind.Statistics, statistics, block, name) { Producer = node });
        return y;
    }

    /// <summary>The network's activation.</summary>
    public Value Activate(Value x, string role) => Append(graph.Activation(), role, [x]);

    public Value Relu(Value x, string role) => Append(new Relu(), role, [x]);

    public Value Add(Value a, Value b, string role) => Append(new Add(), role, [a, b]);

    public Value MaxPool(Value x, string role) => Append(new MaxPool(), role, [x]);

    public Value Upsample(Value top, Value like, string role) => Append(new Upsample(), role, [top, like]);

    /// <summary>One value of levels, finest first, each of which lies in it from now on.</summary>
    public Value JoinLevels(IReadOnlyList<Value> levels, string role)
    {
        var joined = Append(new JoinLevels(), role, [.. levels]);
        for (var i = 0; i < levels.Count; i++)
        {
            levels[i].View = new(joined, i);
        }

        return joined;
    }

    /// <summary>Appends any operator on maps.</summary>
    public Value Append(Op op, string role, Value[] inputs, params Parameter[] parameters) => Output(Node(op, inputs, parameters), role);

    private static string Lower(string role) => char.ToLowerInvariant(role[0]) + role.Substring(1);

    private Node Node(Op op, Value[] inputs, params Parameter[] parameters)
    {
        var node = new Node(op, block);
        node.Inputs.AddRange(inputs);
        node.Parameters.AddRange(parameters);
        graph.Forward.Add(node);
        return node;
    }

    /// <summary>The output's shape is the op's to say.</summary>
    private Value Output(Node node, string role)
    {
        var shape = node.Op.InferShape(node);
        var value = new Value($"{block.Name}.{Lower(role)}", ValueKind.Activation, shape, block, role) { Producer = node };
        node.Outputs.Add(value);
        return value;
    }
}
