namespace Fovea.Generator.Graph.Ops;

/// <summary>y = max(0, x).</summary>
internal sealed class Relu : Op, IActivation
{
    public override string Name => "relu";

    public string Epilogue => "Relu";

    public override string Method(Node node) => "Relu";

    public override IEnumerable<Operand> Arguments(Node node) => [new Operand.Handle(node.Inputs[0]), new Operand.Handle(node.Output)];

    public override Shape InferShape(Node node) => node.Inputs[0].Shape;

    /// <summary>dx = dy·[y &gt; 0].</summary>
    public override IEnumerable<Contribution> Gradient(Node node, Value dy) =>
        [Contribution.To(node.Inputs[0], Backward(), [node.Output, dy])];

    public Op Backward() => new ReluBackward();

    public override IEnumerable<int> InPlace(Node node) => [0];

    public override string Comment(Node node) => "max(0, x)";
}

/// <summary>dx = dy·[y &gt; 0] (+ accumulate). Inputs: y, dy, then what dx is added to.</summary>
internal sealed class ReluBackward(bool adds = false) : Op
{
    public override string Name => "relu_backward";

    public override bool IsMask => !adds;

    public override Value? Accumulated(Node node) => adds ? node.Inputs[2] : null;

    public override string Method(Node node) => "ReluBackward";

    public override IEnumerable<Operand> Arguments(Node node)
    {
        yield return new Operand.Handle(node.Inputs[0]);
        yield return new Operand.Handle(node.Inputs[1]);
        yield return new Operand.Handle(node.Output);
        if (adds)
        {
            yield return Operand.Handle.Accumulate(node, node.Inputs[2]);
        }
    }

    public override Shape InferShape(Node node) => node.Inputs[1].Shape;

    public override Rewrite? WithAccumulate(Node node, Value summand) =>
        adds ? null : new(new ReluBackward(adds: true), [.. node.Inputs, summand]);

    public override IEnumerable<int> InPlace(Node node) => adds ? [2, 1] : [1];

    public override string Comment(Node node) => "dx = dy · [y > 0]";

    public override string Attributes(Node node) => adds ? "+=dx" : "dx";
}
