namespace Fovea.Generator.Graph.Ops;

/// <summary>Empties the candidates of all images. Output: the candidates, which the levels then append to.</summary>
internal sealed class ClearCandidates : Op
{
    public override string Name => "clear";

    public override string Method(Node node) => "ClearCandidates";

    public override IEnumerable<Operand> Arguments(Node node) => [new Operand.Handle(node.Output)];

    public override Shape InferShape(Node node) => default;
}

/// <summary>
/// Appends one level's best candidates: score &gt; threshold, the first top-k, decoded and clipped. Inputs: logits, deltas, anchors,
/// candidates. The one op that adds to a value instead of making one: the order of the levels is part of the result.
/// </summary>
internal sealed class SelectCandidates : Op
{
    public override string Name => "select";

    public override string Method(Node node) => "SelectCandidates";

    public override IEnumerable<Operand> Arguments(Node node) =>
    [
        new Operand.Handle(node.Inputs[0]), new Operand.Handle(node.Inputs[1]), new Operand.Handle(node.Inputs[2]),
        new Operand.PlanMember("PostProcessing"),
        new Operand.Handle(node.Inputs[3]),
    ];

    public override Shape InferShape(Node node) => default;
}

/// <summary>Per-class non-maximum suppression over all levels. Input: candidates. Output: detections.</summary>
internal sealed class SuppressNonMaxima : Op
{
    public override string Name => "suppress";

    public override string Method(Node node) => "SuppressNonMaxima";

    public override IEnumerable<Operand> Arguments(Node node) =>
        [new Operand.Handle(node.Inputs[0]), new Operand.PlanMember("PostProcessing"), new Operand.Handle(node.Output)];

    public override Shape InferShape(Node node) => default;
}
