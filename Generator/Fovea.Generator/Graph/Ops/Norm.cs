namespace Fovea.Generator.Graph.Ops;

/// <summary>
/// Normalisation of activations: y = γ·x̂ + β (+ residual), then an activation if so fused. Inputs: x, then the residual. Outputs: y, the
/// statistics that backward needs. x̂ is over (N, H, W) of the batch for a batch norm, over (H, W, C/groups) of each image for a group
/// norm. A batch norm with fixed statistics is no op of its own: it is folded into the convolution before it.
/// </summary>
internal sealed class Norm(NormUse use, bool addsResidual = false, IActivation? activation = null) : Op
{
    public NormUse Use => use;

    /// <summary>Whether nothing is fused into it.</summary>
    public bool IsPlain => !addsResidual && activation is null;

    public override string Name => "norm";

    public override IActivation? Activation => activation;

    public override string Method(Node node) => NormBackward.Prefix(use) + (addsResidual ? "Add" : "") + activation?.Epilogue;

    public override IEnumerable<Operand> Arguments(Node node)
    {
        yield return new Operand.Handle(node.Inputs[0]);
        yield return new Operand.Weights(node.NormWeights, Use: use);
        yield return new Operand.Handle(node.Outputs[1]);
        if (addsResidual)
        {
            yield return new Operand.Handle(node.Inputs[1]);
        }

        yield return new Operand.Handle(node.Output);
    }

    public override Shape InferShape(Node node) => node.Inputs[0].Shape.Channels == node.NormWeights.Channels
        ? node.Inputs[0].Shape
        : throw new InvalidOperationException(
            $"{node.NormWeights.Key}: {node.NormWeights.Channels} channels do not fit {node.Inputs[0].Shape}.");

    /// <summary>
    /// With dz = dy before the activation: dγ = Σ dz·x̂, dβ = Σ dz, dx = γ/σ·(dz − mean(dz) − x̂·mean(dz·x̂)); dresidual = dz. For a group
    /// norm γ·dz takes dz's place in the means.
    /// </summary>
    public override IEnumerable<Contribution> Gradient(Node node, Value dz)
    {
        if (addsResidual)
        {
            yield return Contribution.To(node.Inputs[1], dz);
        }

        yield return Contribution.To(node.Inputs[0], new NormBackward(use), [node.Inputs[0], node.Outputs[1], dz], node.Parameters);
    }

    /// <summary>A batch norm on batch statistics moves the running ones.</summary>
    public override Effects Effects(Node node) => use.IsPerImage ? Graph.Effects.None : Graph.Effects.State;

    public override Op? WithActivation(IActivation fused) =>
        activation is null && !addsResidual && fused is Relu ? new Norm(use, addsResidual, fused) : null;

    /// <summary>No backend adds after a norm without an activation behind it.</summary>
    public Norm WithResidual(IActivation fused) => new(use, addsResidual: true, fused);

    /// <summary>A batch norm on fixed statistics; a group norm has each image's own.</summary>
    public override Op? Fold(Func<NormUse, bool> hasFixedStatistics) =>
        IsPlain && !use.IsPerImage && hasFixedStatistics(use) ? new FoldBatchNorm(use) : null;

    /// <summary>Into a convolution whose only bias will be the norm's.</summary>
    public override bool FoldsInto(Node node) => node.Op is Conv { IsPlain: true } && !node.Weights.HasBias;

    /// <summary>y may be the residual always, x never where backward needs it: the planner sees that.</summary>
    public override IEnumerable<int> InPlace(Node node) =>
        addsResidual ? node.Inputs[0] == node.Inputs[1] ? [] : [1]
        : activation is not null ? []
        : [0];

    public override string Attributes(Node node) =>
        use.Describe(node.NormWeights) + (addsResidual ? " +add" : "") + (activation is null ? "" : " +" + ((Op)activation).Name);
}

/// <summary>Inputs: x, statistics, (y where the mask of a ReLU is fused in,) dy. Output: dx. dγ and dβ go to the gradient buffer.</summary>
internal sealed class NormBackward(NormUse use, bool hasMask = false, bool addsToWeights = false) : Op
{
    public bool HasMask => hasMask;

    public override bool AddsToParameterGradients => addsToWeights;

    public override string Name => "norm_backward";

    public override string Method(Node node) => Prefix(use) + (hasMask ? "ReluBackward" : "Backward");

    public override IEnumerable<Operand> Arguments(Node node)
    {
        yield return new Operand.Handle(node.Inputs[0]);
        yield return new Operand.Weights(node.NormWeights, Use: use);
        foreach (var input in node.Inputs.Skip(1))
        {
            yield return new Operand.Handle(input);
        }

        yield return node.NormWeights.Frozen
            ? new Operand.Constant("NormGradients.None")
            : new Operand.WeightGradient(node.NormWeights, AddsToParameterGradients);
        yield return new Operand.Handle(node.Output);
    }

    public override Shape InferShape(Node node) => node.Inputs[0].Shape;

    public override IEnumerable<Parameter> ParameterGradients(Node node) => node.NormWeights.Frozen ? [] : node.Parameters;

    public override Op WithParameterAccumulate() => new NormBackward(use, hasMask, addsToWeights: true);

    /// <summary>x, statistics, dz become x, statistics, y, dy.</summary>
    public override Rewrite? WithMaskedInput(Node node, Node mask) => hasMask ? null
        : new(new NormBackward(use, hasMask: true, addsToWeights), [node.Inputs[0], node.Inputs[1], .. mask.Inputs]);

    public override IEnumerable<int> InPlace(Node node) => [node.Inputs.Count - 1];

    public override string Comment(Node node) => node.NormWeights.Frozen ? "dx" : "dγ, dβ, dx";

    public override string Attributes(Node node) =>
        use.Describe(node.NormWeights)
        + (node.NormWeights.Frozen ? " dx" : AddsToParameterGradients ? " +=dw dx" : " dw dx")
        + (hasMask ? " +relu_mask" : "");

    internal static string Prefix(NormUse use) => use.IsPerImage ? "GroupNorm" : "BatchNorm";
}
