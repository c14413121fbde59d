using Fovea.Generator.Graph;
using Fovea.Generator.Lowering;

namespace Fovea.Generator.Tests.Parts;

/// <summary>
/// A head of one convolution over the whole pyramid: how much each cell looks like anything. With a loss and a decoding of its own.
/// </summary>
internal sealed class ObjectnessHead : IHead
{
    private static readonly Rule Margin = new("Margin", "Objectness", new CodeValue.Object(("Margin", 0.5)), "Half of everything.");

    private Value? objectness;

    public IReadOnlyList<Value> Outputs => [Objectness];

    public IEnumerable<(string Member, Rule Rule)> Description => [("Objectness", Margin)];

    public string ClassLayer => "";

    public IEnumerable<(string Name, IReadOnlyList<CodeValue> Values)> Identity => [("margin", [0.5])];

    private Value Objectness => objectness ?? throw new InvalidOperationException("not lowered");

    public void Lower(ModelGraph graph, Value pyramid)
    {
        var write = new BlockWriter(graph, new Block("cells", "ObjectnessHead", "one 3×3") { Stage = "heads" });
        var conv = write.DeclareConv("head.objectness", "Objectness", pyramid.Shape.Channels, 1, 3, bias: 0);
        objectness = write.Conv(write.Import(pyramid, "Input"), conv, "Objectness");
        for (var level = 0; level < objectness.Shape.Levels; level++)
        {
            objectness.Taps.Add(new($"objectness.{level}", level));
        }
    }

    public void AppendLosses(ModelGraph graph)
    {
        var block = Block(graph, "loss", "Loss");
        var node = new Node(new Call("MarginLoss", Margin), block);
        node.Inputs.Add(Objectness);
        Output(node, new Value("loss.margin", new Scores(), Objectness.Shape, block, "Margin") { Producer = node });
        Output(node, new Value("d(objectness)", ValueKind.Gradient, Objectness.Shape, Objectness.Block, "Objectness")
        {
            Producer = node,
            Of = Objectness,
        });
        graph.Loss.Add(node);
        graph.Results.AddRange([new("Objectness", Objectness), new("MarginLoss", node.Output)]);
    }

    public void AppendDetection(ModelGraph graph)
    {
        var block = Block(graph, "detection", "Detection");
        var node = new Node(new Call("BestCells", Margin), block);
        node.Inputs.Add(Objectness);
        Output(node, new Value("detection.best", new Scores(), Objectness.Shape, block, "Best") { Producer = node });
        graph.Forward.Add(node);
        graph.Results.AddRange([new("Objectness", Objectness), new("BestCells", node.Output)]);
    }

    private static void Output(Node node, Value value) => node.Outputs.Add(value);

    private Block Block(ModelGraph graph, string name, string kind)
    {
        var block = new Block(name, kind, "of every level");
        block.Imports[Objectness] = "Objectness";
        graph.Blocks.Add(block);
        return block;
    }

    /// <summary>A number for each level.</summary>
    private sealed class Scores : ValueKind
    {
        public override int Rank => 9;

        public override string HandleType(Value value) => "ScoreMap";

        public override IReadOnlyList<Run> Runs(Value value) => [new("Offset", new(value.Shape.Levels, PerImage: true))];

        public override string Handle(Value value, IReadOnlyList<string> places) => $"new({places[0]}, {Text(value.Shape.Levels)})";
    }

    private sealed class Call(string method, Rule rule) : Op
    {
        public override string Name => method;

        public override string Method(Node node) => method;

        public override IEnumerable<Operand> Arguments(Node node) =>
            [.. Handles(node.Inputs), Operand.Constant.Of(rule), .. Handles(node.Outputs)];

        public override Shape InferShape(Node node) => node.Output.Shape;

        private static IEnumerable<Operand> Handles(IEnumerable<Value> values) => values.Select(value => new Operand.Handle(value));
    }
}
