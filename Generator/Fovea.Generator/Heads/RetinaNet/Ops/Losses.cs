using Fovea.Generator.Graph;

namespace Fovea.Generator.Heads.RetinaNet.Ops;

/// <summary>
/// Σ over anchors that are not ignored and classes of the sigmoid focal loss, weighted by image, and its gradient at once
/// (arXiv:1708.02002, section 3). Inputs: logits, matches, ground truth. Outputs: the loss, dlogits.
/// </summary>
internal sealed class FocalLoss(Rule rule) : Op
{
    public override string Name => "focal_loss";

    public override string Method(Node node) => "FocalLoss";

    public override IEnumerable<Operand> Arguments(Node node) =>
    [
        new Operand.Handle(node.Inputs[0]), new Operand.Handle(node.Inputs[1]), new Operand.Handle(node.Inputs[2]),
        Operand.Constant.Of(rule),
        new Operand.Handle(node.Outputs[0]), new Operand.Handle(node.Outputs[1]),
    ];

    public override Shape InferShape(Node node) => Shape.Vector(1, node.Inputs[0].Shape.Levels);

    public override string Comment(Node node) => "loss and dlogits";
}

/// <summary>
/// The same of FL* (arXiv:1708.02002, appendix A). Inputs: logits, matches, ground truth. Outputs: the loss, dlogits.
/// </summary>
internal sealed class FocalLossStar(Rule rule) : Op
{
    public override string Name => "focal_loss_star";

    public override string Method(Node node) => "FocalLossStar";

    public override IEnumerable<Operand> Arguments(Node node) =>
    [
        new Operand.Handle(node.Inputs[0]), new Operand.Handle(node.Inputs[1]), new Operand.Handle(node.Inputs[2]),
        Operand.Constant.Of(rule),
        new Operand.Handle(node.Outputs[0]), new Operand.Handle(node.Outputs[1]),
    ];

    public override Shape InferShape(Node node) => Shape.Vector(1, node.Inputs[0].Shape.Levels);

    public override string Comment(Node node) => "loss and dlogits";
}

/// <summary>
/// Σ over foreground anchors of the box regression loss, weighted by image, and its gradient at once.
/// Inputs: deltas, anchors, matches, ground truth. Outputs: the loss, ddeltas.
/// </summary>
internal sealed class BoxLoss(Rule rule) : Op
{
    public override string Name => "box_loss";

    public override string Method(Node node) => "BoxLoss";

    public override IEnumerable<Operand> Arguments(Node node) =>
    [
        new Operand.Handle(node.Inputs[0]), new Operand.Handle(node.Inputs[1]),
        new Operand.Handle(node.Inputs[2]), new Operand.Handle(node.Inputs[3]),
        Operand.Constant.Of(rule),
        new Operand.Handle(node.Outputs[0]), new Operand.Handle(node.Outputs[1]),
    ];

    public override Shape InferShape(Node node) => Shape.Vector(1, node.Inputs[0].Shape.Levels);

    public override string Comment(Node node) => "loss and ddeltas";
}
