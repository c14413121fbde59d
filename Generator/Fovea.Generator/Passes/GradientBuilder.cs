using Fovea.Generator.Graph;
using Fovea.Generator.Graph.Ops;

namespace Fovea.Generator.Passes;

/// <summary>What the gradient rules write into: one pending gradient for each value, superseded by each contribution.</summary>
internal sealed class GradientBuilder : IGradientBuilder
{
    private readonly ModelGraph graph;
    private readonly Dictionary<Value, Value> pending = [];
    private readonly Dictionary<Value, int> versions = [];
    private readonly HashSet<Parameter> written = [];

    /// <summary>Starts from the gradients that the losses make.</summary>
    public GradientBuilder(ModelGraph graph)
    {
        this.graph = graph;
        foreach (var gradient in graph.Loss.SelectMany(node => node.Outputs))
        {
            if (gradient is { Kind: ValueKind.Gradient, Of: { } of })
            {
                pending.Add(of, gradient);
                versions.Add(of, 1);
            }
        }
    }

    /// <summary>The block whose backward is being written.</summary>
    public Block? Block { get; set; }

    public Value GradientOf(Value value) => pending.TryGetValue(value, out var gradient)
        ? gradient
        : throw new InvalidOperationException($"{value} has no gradient: nothing that reads it has contributed.");

    public bool NeedsGradient(Value value) => graph.Trained.Contains(value);

    public Value? Pending(Value value) => pending.TryGetValue(value, out var gradient) ? gradient : null;

    public bool IsWritten(Parameter parameter) => written.Contains(parameter);

    public Value Append(Op op, Value of, IEnumerable<Value> inputs, IEnumerable<Parameter> parameters)
    {
        var node = AppendNode(op, inputs, parameters);
        var earlier = Pending(of);
        var continues = earlier is not null && earlier.Of == of && node.Inputs.Contains(earlier) ? earlier : null;
        var version = versions.TryGetValue(of, out var count) ? count + 1 : 1;
        versions[of] = version;

        // A version that does not take over its predecessor's slot lives beside it, and needs a handle of its own.
        var role = continues?.Role ?? (version == 1 ? of.Role : $"{of.Role}Part{version}");
        var name = version == 1 ? $"d({of.Name})" : $"d({of.Name}).{version}";
        var gradient = new Value(name, ValueKind.Gradient, of.Shape, of.Block, role) { Producer = node, Of = of, Continues = continues };
        node.Outputs.Add(gradient);
        pending[of] = gradient;
        return gradient;
    }

    public void AppendParameterGradient(Op op, IEnumerable<Value> inputs, IEnumerable<Parameter> parameters) =>
        AppendNode(op, inputs, parameters);

    public void Alias(Value of, Value gradient)
    {
        if (Pending(of) is { } earlier)
        {
            Append(new Add(), of, [earlier, gradient], []);
        }
        else
        {
            pending.Add(of, gradient);
        }
    }

    private Node AppendNode(Op op, IEnumerable<Value> inputs, IEnumerable<Parameter> parameters)
    {
        var node = new Node(op, Block ?? throw new InvalidOperationException("A gradient rule ran outside any block."));
        node.Inputs.AddRange(inputs);
        node.Parameters.AddRange(parameters);
        graph.Backward.Add(node);
        written.UnionWith(op.ParameterGradients(node));
        return node;
    }
}
