namespace Fovea.Generator.Graph.Ops;

/// <summary>What a normalisation does to γ·x̂ + β before it stores.</summary>
internal enum NormEpilogue
{
    None,
    Relu,
    AddRelu,
}

/// <summary>
/// Normalisation of activations: y = γ·x̂ + β (+ residual), then max(0, y) if so fused. Inputs: x, then the residual. Outputs: y, the
/// statistics that backward needs. x̂ is over (N, H, W) of the batch for a batch norm, over (H, W, C/groups) of each image for a group
/// norm: the kind of the parameters decides. A batch norm with fixed statistics is no op of its own: it is folded into the convolution
/// before it.
/// </summary>
internal sealed class Norm(NormEpilogue epilogue = NormEpilogue.None) : Op
{
    public NormEpilogue Epilogue { get; } = epilogue;

    public override string Name => "norm";

    public override string Method(Node node) => Prefix(node) + (Epilogue == NormEpilogue.None ? "" : Epilogue);

    public override IEnumerable<Operand> Arguments(Node node)
    {
        yield return new Operand.Handle(node.Inputs[0]);
        yield return new Operand.Weights(node.NormWeights);
        yield return new Operand.Handle(node.Outputs[1]);
        if (Epilogue == NormEpilogue.AddRelu)
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
    /// dz = dy·[y &gt; 0]; dγ = Σ dz·x̂, dβ = Σ dz, dx = γ/σ·(dz − mean(dz) − x̂·mean(dz·x̂)); dresidual = dz. For a group norm γ·dz takes
    /// dz's place in the means.
    /// </summary>
    public override void Gradient(Node node, IGradientBuilder gradients)
    {
        var x = node.Inputs[0];
        var dz = Epilogue == NormEpilogue.None ? gradients.GradientOf(node.Output) : Relu.Mask(node, gradients);
        if (Epilogue == NormEpilogue.AddRelu && gradients.NeedsGradient(node.Inputs[1]))
        {
            gradients.Alias(node.Inputs[1], dz);
        }

        var earlier = gradients.Pending(x);
        var backward = new NormBackward(hasMask: false, gradients.IsWritten(node.NormWeights));
        gradients.Append(backward, x, [x, node.Outputs[1], dz], [node.NormWeights]);
        if (earlier is not null)
        {
            gradients.Alias(x, earlier);
        }
    }

    /// <summary>y may be the residual always, x never where backward needs it: the planner sees that.</summary>
    public override IEnumerable<int> InPlace(Node node) => Epilogue switch
    {
        NormEpilogue.AddRelu => node.Inputs[0] == node.Inputs[1] ? [] : [1],
        NormEpilogue.Relu => [],
        _ => [0],
    };

    public override string Comment(Node node) => "";

    public override string Attributes(Node node) => Describe(node.NormWeights) + Epilogue switch
    {
        NormEpilogue.Relu => " +relu",
        NormEpilogue.AddRelu => " +add +relu",
        _ => "",
    };

    internal static string Prefix(Node node) => node.NormWeights.Kind == Spec.NormKind.GroupNorm ? "GroupNorm" : "BatchNorm";

    /// <summary>"batch c64", "group c64 g32", for listings.</summary>
    internal static string Describe(NormWeights norm) =>
        norm.Kind == Spec.NormKind.GroupNorm ? $"group c{norm.Channels} g{norm.Groups}" : $"batch c{norm.Channels}";
}

/// <summary>Inputs: x, statistics, (y where the mask of a ReLU is fused in,) dy. Output: dx. dγ and dβ go to the gradient buffer.</summary>
internal sealed class NormBackward(bool hasMask, bool addsToWeights) : Op
{
    public bool HasMask { get; } = hasMask;

    public override bool AddsToParameterGradients { get; } = addsToWeights;

    public override string Name => "norm_backward";

    public override string Method(Node node) => Norm.Prefix(node) + (HasMask ? "ReluBackward" : "Backward");

    public override IEnumerable<Operand> Arguments(Node node)
    {
        yield return new Operand.Handle(node.Inputs[0]);
        yield return new Operand.Weights(node.NormWeights);
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

    public override IEnumerable<int> InPlace(Node node) => [node.Inputs.Count - 1];

    public override string Comment(Node node) => node.NormWeights.Frozen ? "dx" : "dγ, dβ, dx";

    public override string Attributes(Node node) =>
        Norm.Describe(node.NormWeights)
        + (node.NormWeights.Frozen ? " dx" : AddsToParameterGradients ? " +=dw dx" : " dw dx")
        + (HasMask ? " +relu_mask" : "");
}
