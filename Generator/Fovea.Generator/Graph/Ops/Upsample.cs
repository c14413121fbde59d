namespace Fovea.Generator.Graph.Ops;

/// <summary>
/// y = nearest(top) at the size of <c>like</c>: row i of y reads row ⌊i·Htop/H⌋. Inputs: top, like (only its size counts).
/// No backend computes it alone: fusion makes it the epilogue of the lateral convolution.
/// </summary>
internal sealed class Upsample : Op
{
    public override string Name => "upsample";

    public override string Method(Node node) =>
        throw new InvalidOperationException(
            $"{node.Output}: an upsampling stands alone; expected the epilogue of a convolution. Run the fusion pass first.");

    public override IEnumerable<Operand> Arguments(Node node) => [];

    public override Shape InferShape(Node node) => new(node.Inputs[1].Shape.Halvings, node.Inputs[0].Shape.Channels);

    public override void Gradient(Node node, IGradientBuilder gradients) =>
        UpsampleBackward.Append(node.Inputs[0], gradients.GradientOf(node.Output), gradients);
}

/// <summary>
/// dtop = for each cell of top the sum of dy over the cells that were copied from it (+ accumulate). Inputs: dy, then what dtop is added
/// to.
/// </summary>
internal sealed class UpsampleBackward(bool adds) : Op
{
    public bool Adds { get; } = adds;

    public override string Name => "upsample_backward";

    public static void Append(Value top, Value dy, IGradientBuilder gradients)
    {
        var pending = gradients.Pending(top);
        gradients.Append(new UpsampleBackward(pending is not null), top, pending is null ? [dy] : [dy, pending], []);
    }

    public override string Method(Node node) => "UpsampleBackward";

    public override IEnumerable<Operand> Arguments(Node node)
    {
        yield return new Operand.Handle(node.Inputs[0]);
        yield return new Operand.Handle(node.Output);
        if (Adds)
        {
            yield return new Operand.Handle(node.Inputs[1], "accumulate");
        }
    }

    /// <summary>The size is top's, which the gradient belongs to.</summary>
    public override Shape InferShape(Node node) => new(node.Output.Of!.Shape.Halvings, node.Inputs[0].Shape.Channels);

    public override IEnumerable<int> InPlace(Node node) => Adds ? [1] : [];

    public override string Comment(Node node) => "sums of 2×2";

    public override string Attributes(Node node) => Adds ? "+=dtop" : "dtop";
}
