using Fovea.Generator.Graph;
using Fovea.Generator.Graph.Ops;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Lowering;

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

    /// <summary>Declares the weights of a "same" convolution, in state_dict order.</summary>
    public ConvWeights ConvWeights(
        string key, string role, int inChannels, int outChannels, int kernel, int stride = 1, int groups = 1, bool hasBias = false,
        ConvInitializer initializer = ConvInitializer.KaimingNormalFanOut, double initialBias = 0)
    {
        var weights = new ConvWeights(key, block, role, inChannels, outChannels, kernel, stride, kernel / 2, groups, hasBias)
        {
            Frozen = frozen,
            Initializer = initializer,
            InitialBias = initialBias,
        };
        graph.Parameters.Add(weights);
        return weights;
    }

    /// <summary>Declares the parameters of a norm, in state_dict order. Those of a frozen batch norm are never learned.</summary>
    public NormWeights NormWeights(string key, string role, NormKind kind, int channels, int groups, float epsilon, float momentum)
    {
        var weights = new NormWeights(key, block, role, kind, channels, groups, epsilon, momentum)
        {
            Frozen = frozen || kind == NormKind.FrozenBatchNorm,
        };
        graph.Parameters.Add(weights);
        return weights;
    }

    public Value Conv(Value x, ConvWeights weights, string role) => Append(new Conv(), role, [x], [weights]);

    public Value Norm(Value x, NormWeights weights, string role)
    {
        var node = Node(new Norm(), [x], [weights]);
        var y = Output(node, role);
        var perImage = weights.Kind == NormKind.GroupNorm;
        var name = weights.Role + "Statistics";
        node.Outputs.Add(new Value($"{block.Name}.{Lower(name)}", ValueKind.NormStatistics, y.Shape, block, name)
        {
            Producer = node,
            Count = perImage ? weights.Groups : weights.Channels,
            CountsPerImage = perImage,
        });
        return y;
    }

    public Value Relu(Value x, string role) => Append(new Relu(), role, [x], []);

    public Value Add(Value a, Value b, string role) => Append(new Add(), role, [a, b], []);

    public Value MaxPool(Value x, string role) => Append(new MaxPool(), role, [x], []);

    public Value Upsample(Value top, Value like, string role) => Append(new Upsample(), role, [top, like], []);

    private static string Lower(string role) => char.ToLowerInvariant(role[0]) + role.Substring(1);

    private Value Append(Op op, string role, Value[] inputs, Parameter[] parameters) => Output(Node(op, inputs, parameters), role);

    private Node Node(Op op, Value[] inputs, Parameter[] parameters)
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
