using Fovea.Generator.Spec;

namespace Fovea.Generator.Graph.Ops;

/// <summary>The anchors of one level for the session's canvas, [H·W·A, 4]. Output: anchors.</summary>
/// <param name="level">3 for P3.</param>
internal sealed class GenerateAnchors(int level) : Op
{
    public override string Name => "anchors";

    public override string Method(Node node) => "GenerateAnchors";

    public override IEnumerable<Operand> Arguments(Node node) =>
    [
        new Operand.Constant($"Rules.AnchorsP{level}"), new Operand.Constant("plan.Height"), new Operand.Constant("plan.Width"),
        new Operand.Handle(node.Output),
    ];

    public override Shape InferShape(Node node) => node.Output.Shape;
}

/// <summary>
/// Matches the anchors of all levels with the ground truth. Inputs: the anchors of each level, then the ground truth. Outputs: the matches
/// of each level.
/// </summary>
internal sealed class MatchAnchors : Op
{
    public override string Name => "match";

    public override string Method(Node node) => "MatchAnchors";

    public override IEnumerable<Operand> Arguments(Node node) =>
    [
        new Operand.HandleList(node.Inputs.Take(node.Inputs.Count - 1).ToEquatableArray()),
        new Operand.Handle(node.Inputs[node.Inputs.Count - 1]),
        new Operand.Constant("Rules.Matching"),
        new Operand.HandleList(node.Outputs.ToEquatableArray()),
    ];

    public override Shape InferShape(Node node) => node.Inputs[0].Shape;
}
