using Fovea.Generator.Graph;
using Fovea.Generator.Lowering;

namespace Fovea.Generator.Tests.Parts;

// Inside, so that the compiler's own types win over those of Definitions.
using Fovea.Generator.Spec;

/// <summary>
/// A head of two convolutions over the whole pyramid: how much each cell looks like anything. With a loss and a decoding of its own.
/// </summary>
internal sealed class ObjectnessHead(ModelSpec spec) : IHead
{
    private readonly ObjectnessSpec declared = ObjectnessSpec.Of(spec);
    private Value? objectness;

    public string Name => "Objectness";

    public string Plans => "Objectness";

    public string LossRemarks => "b: objectness and loss, g: the gradient of objectness.";

    public IReadOnlyList<Value> Outputs => [Objectness];

    /// <summary>What the description of every model has, and this head does not use: no anchors, no boxes.</summary>
    public IEnumerable<(string Member, Rule Rule)> Description =>
    [
        ("Anchors", new("Anchors", "global::Fovea.AnchorLevel[]", new CodeValue.List([]))),
        ("PostProcessing", new("PostProcessing", "global::Fovea.PostProcessingRule", new CodeValue.Object(("Classes", spec.Classes)))),
        ("Matching", new("Matching", "MatchingRule", new CodeValue.Object())),
    ];

    public string ClassLayer => "";

    public IEnumerable<(string Name, IReadOnlyList<CodeValue> Values)> Identity => [("margin", [declared.Margin])];

    private Rule Margin => new("Margin", "ObjectnessRule", new CodeValue.Object(("Margin", declared.Margin)));

    private Value Objectness => objectness ?? throw new InvalidOperationException("not lowered");

    public void Lower(ModelGraph graph, Value pyramid)
    {
        var write = new BlockWriter(graph, new Block("cells", "ObjectnessHead", "two 3×3") { Stage = "heads" });
        var hidden = write.DeclareConv("head.hidden", "Hidden", pyramid.Shape.Channels, declared.Width, 3, bias: 0);
        var last = write.DeclareConv("head.objectness", "Objectness", declared.Width, 1, 3, bias: 0);
        var x = write.Conv(write.Import(pyramid, "Input"), hidden, "HiddenConv");
        objectness = write.Conv(write.Activate(x, "Hidden"), last, "Objectness");
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
