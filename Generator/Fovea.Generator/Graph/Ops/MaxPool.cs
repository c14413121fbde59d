namespace Fovea.Generator.Graph.Ops;

/// <summary>y = the maximum of each 3×3 window, stride 2, padding 1 (−∞ outside): [N, H, W, C] → [N, ⌈H/2⌉, ⌈W/2⌉, C].</summary>
internal sealed class MaxPool : Op
{
    public override string Name => "max_pool";

    public override string Method(Node node) => "MaxPool";

    public override IEnumerable<Operand> Arguments(Node node) => [new Operand.Handle(node.Inputs[0]), new Operand.Handle(node.Output)];

    public override Shape InferShape(Node node) => node.Inputs[0].Shape.Halved(node.Inputs[0].Shape.Channels);

    /// <summary>Each dy goes to the first maximum of its window.</summary>
    public override IEnumerable<Contribution> Gradient(Node node, Value dy) =>
        [Contribution.To(node.Inputs[0], new MaxPoolBackward(), [node.Inputs[0], node.Output, dy])];

    public override string Comment(Node node) => "3×3/2 maximum";

    public override string Attributes(Node node) => "k3 s2 p1";
}

/// <summary>Inputs: x, y, dy. Output: dx.</summary>
internal sealed class MaxPoolBackward : Op
{
    public override string Name => "max_pool_backward";

    public override string Method(Node node) => "MaxPoolBackward";

    public override IEnumerable<Operand> Arguments(Node node)
    {
        foreach (var input in node.Inputs)
        {
            yield return new Operand.Handle(input);
        }

        yield return new Operand.Handle(node.Output);
    }

    public override Shape InferShape(Node node) => node.Inputs[0].Shape;

    public override string Comment(Node node) => "dy to the first maximum";

    public override string Attributes(Node node) => "dx";
}
