using Fovea.Generator.Graph;

namespace Fovea.Generator.Tests.Parts;

/// <summary>
/// y = x·σ(x) (arXiv:1702.03118): an activation that the compiler has never seen. Its gradient needs x, so it stands alone.
/// </summary>
internal sealed class Silu : Op
{
    public override string Name => "silu";

    public override string Method(Node node) => "Silu";

    public override IEnumerable<Operand> Arguments(Node node) => [new Operand.Handle(node.Inputs[0]), new Operand.Handle(node.Output)];

    public override Shape InferShape(Node node) => node.Inputs[0].Shape;

    /// <summary>dx = dy·(σ(x) + x·σ(x)·(1 − σ(x))).</summary>
    public override IEnumerable<Contribution> Gradient(Node node, Value dy) =>
        [Contribution.To(node.Inputs[0], new SiluBackward(), [node.Inputs[0], dy])];

    public override string Comment(Node node) => "x · σ(x)";

    internal static double Value(double x) => x / (1 + Math.Exp(-x));

    internal static double Slope(double x)
    {
        var sigmoid = 1 / (1 + Math.Exp(-x));
        return sigmoid + (x * sigmoid * (1 - sigmoid));
    }
}

/// <summary>Inputs: x, dy. Output: dx.</summary>
internal sealed class SiluBackward : Op
{
    public override string Name => "silu_backward";

    public override string Method(Node node) => "SiluBackward";

    public override IEnumerable<Operand> Arguments(Node node) =>
        [new Operand.Handle(node.Inputs[0]), new Operand.Handle(node.Inputs[1]), new Operand.Handle(node.Output)];

    public override Shape InferShape(Node node) => node.Inputs[0].Shape;

    public override IEnumerable<int> InPlace(Node node) => [1];

    public override string Comment(Node node) => "dx = dy · slope at x";
}
