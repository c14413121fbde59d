using Fovea.Generator.Graph;

namespace Fovea.Generator.Heads.RetinaNet.Ops;

/// <summary>
/// The matches of the anchors of greatest loss; all others are ignored (arXiv:1604.03540). It is a constant for the gradient, and rewrites the
/// ground truth's loss weights. Inputs: logits, deltas, anchors, matches, ground truth. Output: the matches that are trained.
/// </summary>
internal sealed class SelectHardExamples(Rule rule, Rule boxLoss) : Op
{
    public override string Name => "hard_examples";

    public override string Method(Node node) => "SelectHardExamples";

    public override IEnumerable<Operand> Arguments(Node node) =>
    [
        .. node.Inputs.Select(input => new Operand.Handle(input)), Operand.Constant.Of(rule), Operand.Constant.Of(boxLoss),
        new Operand.Handle(node.Output),
    ];

    public override Shape InferShape(Node node) => node.Inputs[1].Shape;

    public override string Comment(Node node) => "those of greatest loss; the others take no part";
}
