using Fovea.Generator.Graph;

namespace Fovea.Generator.Heads.RetinaNet.Ops;

/// <summary>
/// The best candidates of each level, level after level: score &gt; threshold, the first top-k, decoded and clipped. Inputs: logits,
/// deltas, anchors. Output: candidates.
/// </summary>
internal sealed class SelectCandidates(Rule rule) : Op
{
    public override string Name => "select";

    public override string Method(Node node) => "SelectCandidates";

    public override IEnumerable<Operand> Arguments(Node node) =>
    [
        new Operand.Handle(node.Inputs[0]), new Operand.Handle(node.Inputs[1]), new Operand.Handle(node.Inputs[2]),
        new Operand.PlanRule(rule), new Operand.Handle(node.Output),
    ];

    public override Shape InferShape(Node node) => default;
}

/// <summary>Per-class non-maximum suppression over all levels. Input: candidates. Output: detections.</summary>
internal sealed class SuppressNonMaxima(Rule rule) : Op
{
    public override string Name => "suppress";

    public override string Method(Node node) => "SuppressNonMaxima";

    public override IEnumerable<Operand> Arguments(Node node) =>
        [new Operand.Handle(node.Inputs[0]), new Operand.PlanRule(rule), new Operand.Handle(node.Output)];

    public override Shape InferShape(Node node) => default;
}
