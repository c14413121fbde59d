namespace Fovea.Generator.Graph.Ops;

/// <summary>
/// w' = w·s, b' = β − μ·s with s = γ/√(σ² + ε) for each output channel: a batch norm with fixed statistics becomes part of the convolution
/// before it. Parameters: the convolution, the norm. It makes no value; the convolution reads its folded copy.
/// </summary>
internal sealed class FoldBatchNorm(NormUse norm) : Op
{
    public override string Name => "fold_norm";

    public override string Method(Node node) => "FoldBatchNorm";

    public override IEnumerable<Operand> Arguments(Node node) =>
    [
        new Operand.Weights(node.Weights), new Operand.Weights(node.Parameters[1], Use: norm),
        new Operand.Weights(node.Weights, Folded: true),
    ];

    public override Shape InferShape(Node node) => default;

    /// <summary>dw = dw'·s; dβ = db'; dγ = Σ dw'·w/√(σ² + ε) − db'·μ/√(σ² + ε).</summary>
    public override IEnumerable<Contribution> ParameterGradient(Node node) =>
        [Contribution.To(node.Weights, new FoldBatchNormBackward(norm), [], node.Parameters)];

    public override string Attributes(Node node) => norm.Describe((NormWeights)node.Parameters[1]);
}

/// <summary>
/// Turns the gradients of folded weights, which lie in the slots of the convolution's and the norm's gradients, into those of the
/// parameters, in place.
/// </summary>
internal sealed class FoldBatchNormBackward(NormUse norm) : Op
{
    public override string Name => "fold_norm_backward";

    public override string Method(Node node) => "FoldBatchNormBackward";

    /// <summary>A frozen norm's γ and β are constants.</summary>
    public override IEnumerable<Operand> Arguments(Node node)
    {
        var folded = node.Parameters[1];
        yield return new Operand.Weights(node.Weights);
        yield return new Operand.Weights(folded, Use: norm);
        yield return new Operand.WeightGradient(node.Weights, FoldedNorm: folded);
        yield return folded.Frozen ? new Operand.Constant("NormGradients.None") : new Operand.WeightGradient(folded);
    }

    public override Shape InferShape(Node node) => default;

    public override IEnumerable<Parameter> ParameterGradients(Node node) => node.Parameters[1].Frozen ? [] : [node.Parameters[1]];

    /// <summary>dw' becomes dw even where the norm is frozen.</summary>
    public override Effects Effects(Node node) => Graph.Effects.ParameterGradients;

    public override string Comment(Node node) => node.Parameters[1].Frozen ? "dW = dW'·s" : "dW = dW'·s, dγ";

    public override string Attributes(Node node) => node.Parameters[1].Frozen ? "dw" : "dw dγ";
}
