namespace Fovea.Generator.Graph.Ops;

/// <summary>y = a + b.</summary>
internal sealed class Add : Op
{
    public override string Name => "add";

    public override bool IsSum => true;

    public override string Method(Node node) => "Add";

    public override IEnumerable<Operand> Arguments(Node node) =>
        [new Operand.Handle(node.Inputs[0]), new Operand.Handle(node.Inputs[1]), new Operand.Handle(node.Output)];

    public override Shape InferShape(Node node)
    {
        var (a, b) = (node.Inputs[0].Shape, node.Inputs[1].Shape);
        return a == b
            ? a
            : throw new InvalidOperationException($"add: {node.Inputs[0]} is {a}, {node.Inputs[1]} is {b}; expected equal shapes.");
    }

    /// <summary>da = dy, db = dy.</summary>
    public override IEnumerable<Contribution> Gradient(Node node, Value dy) => node.Inputs.Select(summand => Contribution.To(summand, dy));

    /// <summary>conv(x) + r, or max(0, norm(x) + r): no backend adds after a norm without the ReLU.</summary>
    public override Rewrite? Joined(Node summand, Value other, IActivation? activation) => (summand.Op, activation) switch
    {
        (Conv { IsPlain: true } conv, null) => new(conv.With(ConvSummand.Residual), [summand.Inputs[0], other]),
        (Norm { IsPlain: true } norm, Relu) => new(norm.WithResidual(activation), [summand.Inputs[0], other]),
        _ => null,
    };

    /// <summary>conv(x) + nearest(top).</summary>
    public override Rewrite? Joined(Node first, Node second) => (first.Op, second.Op) switch
    {
        (Conv { IsPlain: true } conv, Upsample) => new(conv.With(ConvSummand.UpsampledTop), [first.Inputs[0], second.Inputs[0]]),
        _ => null,
    };

    public override IEnumerable<int> InPlace(Node node) => [0, 1];

    public override string Comment(Node node) => "a + b";
}
