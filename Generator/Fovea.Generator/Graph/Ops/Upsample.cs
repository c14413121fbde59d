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

    public override Shape InferShape(Node node) => node.Inputs[1].Shape.WithChannels(node.Inputs[0].Shape.Channels);

    /// <summary>dtop = sums of dy over what each cell of top was copied to.</summary>
    public override IEnumerable<Contribution> Gradient(Node node, Value dy) =>
        [Contribution.To(node.Inputs[0], new UpsampleBackward(), [dy])];
}

/// <summary>
/// dtop = for each cell of top the sum of dy over the cells that were copied from it (+ accumulate). Inputs: dy, then what dtop is added
/// to.
/// </summary>
internal sealed class UpsampleBackward(bool adds = false) : Op
{
    public override string Name => "upsample_backward";

    public override Value? Accumulated(Node node) => adds ? node.Inputs[1] : null;

    public override string Method(Node node) => "UpsampleBackward";

    public override IEnumerable<Operand> Arguments(Node node)
    {
        yield return new Operand.Handle(node.Inputs[0]);
        yield return new Operand.Handle(node.Output);
        if (adds)
        {
            yield return Operand.Handle.Accumulate(node, node.Inputs[1]);
        }
    }

    /// <summary>The size is top's, which the gradient belongs to.</summary>
    public override Shape InferShape(Node node) => node.Output.Of!.Shape.WithChannels(node.Inputs[0].Shape.Channels);

    public override Rewrite? WithAccumulate(Node node, Value summand) =>
        adds ? null : new(new UpsampleBackward(adds: true), [.. node.Inputs, summand]);

    public override IEnumerable<int> InPlace(Node node) => adds ? [1] : [];

    public override string Comment(Node node) => "sums of 2×2";

    public override string Attributes(Node node) => adds ? "+=dtop" : "dtop";
}
