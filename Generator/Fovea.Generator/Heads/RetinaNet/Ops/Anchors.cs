using Fovea.Generator.Graph;

namespace Fovea.Generator.Heads.RetinaNet.Ops;

/// <summary>The anchors of all levels for the session's canvas, [Σ H·W·A, 4]. Output: anchors.</summary>
internal sealed class GenerateAnchors(Rule levels) : Op
{
    public override string Name => "anchors";

    public override string Method(Node node) => "GenerateAnchors";

    public override IEnumerable<Operand> Arguments(Node node) =>
    [
        Operand.Constant.Of(levels), new Operand.Constant("plan.Height"), new Operand.Constant("plan.Width"),
        new Operand.Handle(node.Output),
    ];

    public override Shape InferShape(Node node) => node.Output.Shape;
}

/// <summary>
/// Matches the anchors of all levels with the ground truth, and writes there what the losses divide by. Inputs: anchors, ground truth.
/// Output: matches.
/// </summary>
internal sealed class MatchAnchors(Rule rule) : Op
{
    public override string Name => "match";

    public override string Method(Node node) => "MatchAnchors";

    public override IEnumerable<Operand> Arguments(Node node) =>
    [
        new Operand.Handle(node.Inputs[0]), new Operand.Handle(node.Inputs[1]), Operand.Constant.Of(rule), new Operand.Handle(node.Output),
    ];

    public override Shape InferShape(Node node) => node.Inputs[0].Shape;

    public override Effects Effects(Node node) => Graph.Effects.State;
}
