using Fovea.Generator.Graph;
using Fovea.Generator.Graph.Ops;

namespace Fovea.Generator.Passes;

/// <summary>
/// The one place that adds contributions up: the gradient of each value so far, with an explicit sum for each contribution after the first;
/// the gradient of each parameter, overwritten by its first contribution and added to by later ones. What nobody wants is left out.
/// </summary>
internal sealed class GradientSums
{
    private readonly ModelGraph graph;
    private readonly Dictionary<Value, Value> sums = [];
    private readonly Dictionary<Value, int> versions = [];
    private readonly HashSet<Parameter> written = [];

    /// <summary>Starts from the gradients that the losses make.</summary>
    public GradientSums(ModelGraph graph)
    {
        this.graph = graph;
        foreach (var gradient in graph.Loss.SelectMany(node => node.Outputs))
        {
            if (gradient is { Kind.IsGradient: true, Of: { } of })
            {
                sums.Add(of, gradient);
                versions.Add(of, 1);
            }
        }
    }

    /// <summary>The block whose backward is being written.</summary>
    public Block? Block { get; set; }

    /// <summary>The gradient of a value so far; complete once all that reads the value has contributed.</summary>
    public Value? Of(Value value) => sums.TryGetValue(value, out var sum) ? sum : null;

    /// <summary>From the gradient of what an activation stored to that of what it saw, in place.</summary>
    public Value Through(IActivation activation, Value y, Value dy) =>
        sums[y] = Make(Append(Node(activation.Backward(), [y, dy], [])), y, dy);

    public void Add(Contribution contribution)
    {
        if (contribution.Value is not { } value)
        {
            AddToParameters(contribution);
        }
        else if (contribution.Op is null)
        {
            if (graph.Trained.Contains(value))
            {
                sums[value] = Of(value) is { } sum ? Sum(value, sum, contribution.Inputs[0]) : contribution.Inputs[0];
            }
        }
        else
        {
            var node = Node(contribution.Op, contribution.Inputs, contribution.Parameters);
            if (graph.Trained.Contains(value) || node.Op.ParameterGradients(node).Any())
            {
                Append(node);
                sums[value] = Of(value) is { } sum ? Sum(value, sum, Part(node, value)) : Make(node, value, null);
            }
        }
    }

    /// <summary>Rewriting folded gradients is wanted where there are some.</summary>
    private void AddToParameters(Contribution contribution)
    {
        var parameter = contribution.Parameter!;
        if (!parameter.Frozen && (contribution.Inputs.Count > 0 || written.Contains(parameter)))
        {
            Append(Node(contribution.Op!, contribution.Inputs, contribution.Parameters));
        }
    }

    private Value Sum(Value of, Value earlier, Value contribution) =>
        Make(Append(Node(new Add(), [earlier, contribution], [])), of, earlier);

    /// <summary>
    /// The next version of a gradient. It continues the one before, if that is the same gradient and not another value's.
    /// </summary>
    private Value Make(Node node, Value of, Value? earlier)
    {
        var continues = earlier?.Of == of ? earlier : null;
        var version = versions[of] = Version(of) + 1;

        // A version that does not take over its predecessor's slot lives beside it, and needs a handle of its own.
        var role = continues?.Role ?? (version == 1 ? of.Role : $"{of.Role}Part{version}");
        var name = version == 1 ? $"d({of.Name})" : $"d({of.Name}).{version}";
        var view = node.Op.ViewedLevel is { } level ? new View(node.Inputs[0], level) : continues?.View;
        return Output(node, new(name, ValueKind.Gradient, of.Shape, of.Block, role)
        {
            Producer = node,
            Of = of,
            Continues = continues,
            View = view,
        });
    }

    /// <summary>A contribution that lives beside the sum that it will be added to, unless its operator can add.</summary>
    private Value Part(Node node, Value of)
    {
        var version = Version(of) + 1;
        var view = node.Op.ViewedLevel is { } level ? new View(node.Inputs[0], level) : null;
        return Output(node, new($"d({of.Name}).part{version}", ValueKind.Gradient, of.Shape, of.Block, $"{of.Role}Part{version}")
        {
            Producer = node,
            Of = of,
            View = view,
        });
    }

    private int Version(Value of) => versions.TryGetValue(of, out var version) ? version : 0;

    private static Value Output(Node node, Value gradient)
    {
        node.Outputs.Add(gradient);
        return gradient;
    }

    private Node Node(Op op, IReadOnlyList<Value> inputs, IReadOnlyList<Parameter> parameters)
    {
        var node = new Node(op, Block ?? throw new InvalidOperationException("A gradient rule ran outside any block."));
        node.Inputs.AddRange(inputs);
        node.Parameters.AddRange(parameters);
        return node;
    }

    private Node Append(Node node)
    {
        if (node.Op.ParameterGradients(node).Any(written.Contains))
        {
            node.Op = node.Op.WithParameterAccumulate();
        }

        graph.Backward.Add(node);
        written.UnionWith(node.Op.ParameterGradients(node));
        return node;
    }
}
