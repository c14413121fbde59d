using Fovea.Generator.Graph;
using Fovea.Generator.Planning;

namespace Fovea.Generator.Tests.Planning;

/// <summary>A graph written by hand for the planner: values by name, one node for each line.</summary>
internal sealed class Sketch
{
    private readonly Dictionary<string, Value> values = [];
    private Block block = new("a", "Sketch", "");

    public Sketch() => Graph.Blocks.Add(block);

    public ModelGraph Graph { get; } = new();

    public Value this[string name] => values[name];

    public static PlanConstants Constants { get; } = new(AnchorsPerCell: 9, Classes: 4, TopK: 100, MaxDetections: 10, LevelHalvings: [3, 4]);

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
    public Sketch Node(
        string output, Shape shape, string[] inputs, int[]? inPlace = null, ValueKind kind = ValueKind.Activation, List<Node>? phase = null)
    {
        var node = new Node(new SketchOp(inPlace ?? []), block);
        node.Inputs.AddRange(inputs.Select(input => values[input]));
        values.Add(output, new Value(output, kind, shape, block, output) { Producer = node });
        node.Outputs.Add(values[output]);
        (phase ?? Graph.Forward).Add(node);
        return this;
    }

    public MemoryPlan Plan() => MemoryPlanner.Plan(Graph, Constants);

    private sealed class SketchOp(int[] inPlace) : Op
    {
        public override string Name => "sketch";

        public override string Method(Node node) => "Sketch";

        public override IEnumerable<Operand> Arguments(Node node) =>
            node.Inputs.Concat(node.Outputs).Select(value => new Operand.Handle(value));

        public override Shape InferShape(Node node) => node.Output.Shape;

        public override IEnumerable<int> InPlace(Node node) => inPlace;
    }
}
