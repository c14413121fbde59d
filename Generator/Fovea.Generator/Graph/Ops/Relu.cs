namespace Fovea.Generator.Graph.Ops;

/// <summary>y = max(0, x).</summary>
internal sealed class Relu : Op
{
    public override string Name => "relu";

    public override string Method(Node node) => "Relu";

    public override IEnumerable<Operand> Arguments(Node node) => [new Operand.Handle(node.Inputs[0]), new Operand.Handle(node.Output)];

    public override Shape InferShape(Node node) => node.Inputs[0].Shape;

    /// <summary>dx = dy·[y &gt; 0] (+ what x already has).</summary>
    public override void Gradient(Node node, IGradientBuilder gradients)
    {
        var x = node.Inputs[0];
        var pending = gradients.Pending(x);
        var dy = gradients.GradientOf(node.Output);
        gradients.Append(new ReluBackward(pending is not null), x, pending is null ? [node.Output, dy] : [node.Output, dy, pending], []);
    }

    public override IEnumerable<int> InPlace(Node node) => [0];

    public override string Comment(Node node) => "max(0, x)";

    /// <summary>
    /// For an op with a ReLU behind it: turns the gradient of its output into the gradient of what the ReLU saw, in place.
    /// </summary>
    internal static Value Mask(Node node, IGradientBuilder gradients) =>
        gradients.Append(new ReluBackward(adds: false), node.Output, [node.Output, gradients.GradientOf(node.Output)], []);
}

/// <summary>dx = dy·[y &gt; 0] (+ accumulate). Inputs: y, dy, then what dx is added to.</summary>
internal sealed class ReluBackward(bool adds) : Op
{
    public bool Adds { get; } = adds;

    public override string Name => "relu_backward";

    public override string Method(Node node) => "ReluBackward";

    public override IEnumerable<Operand> Arguments(Node node)
    {
        yield return new Operand.Handle(node.Inputs[0]);
        yield return new Operand.Handle(node.Inputs[1]);
        yield return new Operand.Handle(node.Output);
        if (Adds)
        {
            yield return ConvBackward.Accumulate(node, node.Inputs[2]);
        }
    }

    public override Shape InferShape(Node node) => node.Inputs[1].Shape;

    public override IEnumerable<int> InPlace(Node node) => Adds ? [2, 1] : [1];

    public override string Comment(Node node) => "dx = dy · [y > 0]";

    public override string Attributes(Node node) => Adds ? "+=dx" : "dx";
}
