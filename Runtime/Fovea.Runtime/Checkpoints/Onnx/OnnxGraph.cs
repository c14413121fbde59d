namespace Fovea.Checkpoints.Onnx;

/// <summary>Who makes a value and who takes it. Nodes that change nothing are looked through.</summary>
internal sealed class OnnxGraph
{
    private const int MaxAliases = 100;

    private readonly Dictionary<string, string> aliases = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OnnxNode> producers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<OnnxNode>> consumers = new(StringComparer.Ordinal);

    /// <exception cref="CheckpointException">Two nodes make the same value, or nodes wait for one another in a circle.</exception>
    public OnnxGraph(OnnxModel model)
    {
        Model = model;
        foreach (var node in model.Nodes)
        {
            // Dropout is the identity where nothing is trained.
            if (node is { Operator: "Identity" or "Dropout", Inputs.Length: > 0, Outputs.Length: > 0 })
            {
                aliases[node.Outputs[0]] = node.Inputs[0];
            }
        }

        foreach (var node in model.Nodes.Where(n => n.Operator is not ("Identity" or "Dropout")))
        {
            foreach (var output in node.Outputs.Where(o => o.Length > 0))
            {
                if (!producers.TryAdd(output, node))
                {
                    throw Problem(node, "a value that no other node makes", $"a second {CheckpointException.Shorten(output)}");
                }
            }

            foreach (var input in node.Inputs.Where(i => i.Length > 0).Select(Resolve).Distinct())
            {
                if (!consumers.TryGetValue(input, out var list))
                {
                    consumers.Add(input, list = []);
                }

                list.Add(node);
            }
        }

        Input = model.Inputs.FirstOrDefault(i => !model.Tensors.ContainsKey(i))
            ?? throw new CheckpointException(model.Path, "graph.input: expected a picture, found initialisers alone: it is no network.");
    }

    public OnnxModel Model { get; }

    /// <summary>The value that is the picture.</summary>
    public string Input { get; }

    /// <summary>The node that makes a value; null for one that goes in.</summary>
    public OnnxNode? Producer(string value) => producers.GetValueOrDefault(Resolve(value));

    /// <summary>The nodes that take a value, in the file's order.</summary>
    public IReadOnlyList<OnnxNode> Consumers(string value) => consumers.TryGetValue(Resolve(value), out var list) ? list : [];

    /// <summary>Whether two names are one value.</summary>
    public bool Same(string a, string b) => Resolve(a) == Resolve(b);

    /// <summary>The constant that a value is; null where it is computed.</summary>
    public OnnxTensor? Constant(string value)
    {
        var name = Resolve(value);
        return Model.Constant(name)
            ?? (producers.TryGetValue(name, out var node) && node.Operator == "Constant" && node.Attributes.TryGetValue("value", out var attribute)
                ? attribute.Tensor
                : null);
    }

    /// <summary>A message about a node: what was expected of it, and found.</summary>
    public CheckpointException Problem(OnnxNode node, string expected, string found, string advice = "it is no ResNet that is known here") =>
        new(Model.Path, $"{node}: expected {expected}, found {found}: {advice}.");

    private string Resolve(string value)
    {
        for (var i = 0; i < MaxAliases; i++)
        {
            if (!aliases.TryGetValue(value, out var source))
            {
                return value;
            }

            value = source;
        }

        throw new CheckpointException(
            Model.Path, $"graph: expected a chain of fewer than {MaxAliases} identities, found a longer one, or a circle, at {CheckpointException.Shorten(value)}.");
    }
}
