using Fovea.Generator.Graph;
using Fovea.Generator.Graph.Ops;
using Fovea.Generator.Planning;

namespace Fovea.Generator.Tests.Planning;

/// <summary>A graph written by hand for the planner: values by name, one node for each line.</summary>
internal sealed class Sketch
{
    private readonly Dictionary<string, Value> values = [];
    private Block block = new("a", "Sketch", "");

    public Sketch() => Graph.Blocks.Add(block);

    public ModelGraph Graph { get; } = new() { Activation = () => new Relu(), Head = new NoHead() };

    public Value this[string name] => values[name];

    public Sketch Source(string name, Shape shape)
    {
        values.Add(name, new Value(name, ValueKind.Input, shape, block, name));
        Graph.Sources.Add(values[name]);
        return this;
    }

    public Sketch Block(string name)
    {
        block = new Block(name, "Sketch", "");
        Graph.Blocks.Add(block);
        return this;
    }

    /// <summary>Appends a node that makes one value.</summary>
    /// <param name="inPlace">Indices of the inputs that it may overwrite.</param>
    /// <param name="atPeak">Those that it may overwrite where memory peaks.</param>
    public Sketch Node(
        string output, Shape shape, string[] inputs, int[]? inPlace = null, ValueKind? kind = null, List<Node>? phase = null,
        int[]? atPeak = null)
    {
        var node = new Node(new SketchOp(inPlace ?? [], atPeak ?? []), block);
        node.Inputs.AddRange(inputs.Select(input => values[input]));
        values.Add(output, new Value(output, kind ?? ValueKind.Activation, shape, block, output) { Producer = node });
        node.Outputs.Add(values[output]);
        (phase ?? Graph.Forward).Add(node);
        return this;
    }

    public MemoryPlan Plan() => MemoryPlanner.Plan(Graph);

    /// <summary>One value of levels that are there.</summary>
    public Sketch Join(string output, params string[] levels)
    {
        var node = new Node(new JoinLevels(), block);
        node.Inputs.AddRange(levels.Select(level => values[level]));
        var joined = new Value(output, ValueKind.Activation, node.Op.InferShape(node), block, output) { Producer = node };
        node.Outputs.Add(joined);
        for (var i = 0; i < levels.Length; i++)
        {
            values[levels[i]].View = new(joined, i);
        }

        values.Add(output, joined);
        Graph.Forward.Add(node);
        return this;
    }

    private sealed class NoHead : IHead
    {
        public string Name => "";

        public string Plans => "";

        public string LossRemarks => "";

        public IReadOnlyList<Value> Outputs => [];

        public IEnumerable<(string Member, Rule Rule)> Description => [];

        public string ClassLayer => "";

        public IEnumerable<(string Name, IReadOnlyList<CodeValue> Values)> Identity => [];

        public void Lower(ModelGraph graph, Value pyramid)
        {
        }

        public void AppendLosses(ModelGraph graph)
        {
        }

        public void AppendDetection(ModelGraph graph)
        {
        }
    }

    private sealed class SketchOp(int[] inPlace, int[] atPeak) : Op
    {
        public override string Name => "sketch";

        public override string Method(Node node) => "Sketch";

        public override IEnumerable<Operand> Arguments(Node node) =>
            node.Inputs.Concat(node.Outputs).Select(value => new Operand.Handle(value));

        public override Shape InferShape(Node node) => node.Output.Shape;

        public override IEnumerable<int> InPlace(Node node) => inPlace;

        public override IEnumerable<int> InPlaceAtPeak(Node node) => atPeak;
    }
}
