namespace Fovea.Generator.Graph.Ops;

/// <summary>What a <see cref="ConvBackward"/> computes.</summary>
[Flags]
internal enum ConvGradientParts
{
    /// <summary>dw = dyᵀ·x, db = Σ dy.</summary>
    Weights = 1,

    /// <summary>dx = wᵀ·dy.</summary>
    Data = 2,

    /// <summary>dx · [x &gt; 0], after everything has been added.</summary>
    ReluMask = 4,

    /// <summary>dx is added to what the last input holds.</summary>
    AddToData = 8,

    /// <summary>dw and db are added to what an earlier use of the same weights has written.</summary>
    AddToWeights = 16,
}

/// <summary>
/// Gradients of a convolution: dx = (wᵀ·dy (+ accumulate)) · [mask &gt; 0]. Inputs: x (for dw), dy, mask, then what dx is added to.
/// Output: dx, if asked for. dw and db go to the gradient buffer.
/// </summary>
internal sealed class ConvBackward(ConvUse use, ConvGradientParts parts) : Op, IConvolution
{
    public ConvUse Use => use;

    public ConvGradientParts Parts => parts;

    public bool WritesWeights => Has(ConvGradientParts.Weights);

    public bool WritesData => Has(ConvGradientParts.Data);

    public override bool AddsToParameterGradients => Has(ConvGradientParts.AddToWeights);

    public override string Name => "conv2d_backward";

    public override Value? Mask(Node node) => Has(ConvGradientParts.ReluMask) ? node.Inputs[MaskIndex] : null;

    public override Value? Accumulated(Node node) => Has(ConvGradientParts.AddToData) ? node.Inputs[AccumulateIndex] : null;

    public override string Method(Node node) => "ConvBackward" + (!WritesWeights ? "Data" : !WritesData ? "Weights" : "");

    public override IEnumerable<Operand> Arguments(Node node)
    {
        if (WritesWeights)
        {
            yield return new Operand.Handle(node.Inputs[0]);
        }

        yield return use.Weights(node);
        yield return new Operand.Handle(OutputGradient(node));
        if (WritesWeights)
        {
            yield return new Operand.WeightGradient(node.Weights, AddsToParameterGradients, FoldedNorm(node));
        }

        if (WritesData)
        {
            yield return new Operand.Handle(node.Output);
            if (Accumulated(node) is { } accumulated)
            {
                yield return Operand.Handle.Accumulate(node, accumulated);
            }

            if (Mask(node) is { } mask)
            {
                yield return Operand.Handle.Mask(node, mask);
            }
        }
    }

    public override Shape InferShape(Node node)
    {
        var dy = OutputGradient(node).Shape;
        return !WritesData ? default
            : dy with { Halvings = dy.Halvings - (use.Geometry.Stride - 1), Channels = node.Weights.GroupChannels * use.Geometry.Groups };
    }

    public override IEnumerable<Parameter> ParameterGradients(Node node) => WritesWeights ? [node.Weights] : [];

    public Op With(ConvAlgorithm algorithm) => new ConvBackward(use with { Algorithm = algorithm }, parts);

    public override Op WithParameterAccumulate() => new ConvBackward(use, parts | ConvGradientParts.AddToWeights);

    public override Rewrite? WithAccumulate(Node node, Value summand) =>
        WritesData && !Has(ConvGradientParts.AddToData) && !Has(ConvGradientParts.ReluMask)
            ? new(new ConvBackward(use, parts | ConvGradientParts.AddToData), [.. node.Inputs, summand])
            : null;

    public override Rewrite? WithMask(Node node, Value mask)
    {
        if (!WritesData || Has(ConvGradientParts.ReluMask))
        {
            return null;
        }

        var inputs = node.Inputs.ToList();
        inputs.Insert(MaskIndex, mask);
        return new(new ConvBackward(use, parts | ConvGradientParts.ReluMask), inputs);
    }

    /// <summary>dw and dx of one convolution are one call.</summary>
    public override Rewrite? With(Node node, Node next) =>
        next.Op is ConvBackward { Parts: ConvGradientParts.Data } && (parts & ~ConvGradientParts.AddToWeights) == ConvGradientParts.Weights
        && next.Parameters[0] == node.Parameters[0] && next.Inputs[0] == OutputGradient(node)
            ? new(new ConvBackward(use, parts | ConvGradientParts.Data), node.Inputs)
            : null;

    /// <summary>The mask is what came out of an activation whose gradient this completes.</summary>
    public override string? Check(Node node)
    {
        if (Mask(node) is not { } mask)
        {
            return null;
        }

        var activation = node.Output.Of?.Producer?.Op;
        return mask == node.Output.Of && (activation?.Activation ?? activation as IActivation)?.Backward().IsMask == true
            ? null
            : $"masks the gradient of {node.Output.Of}, which does not come out of a ReLU";
    }

    /// <summary>Each gradient costs what forward did.</summary>
    public override long Macs(Node node, int height, int width) =>
        OutputGradient(node).Shape.Cells(height, width) * node.Weights.WeightCount * ((WritesWeights ? 1 : 0) + (WritesData ? 1 : 0));

    public override IEnumerable<int> InPlace(Node node) =>
        Accumulated(node) is { } accumulated && accumulated != OutputGradient(node) ? [AccumulateIndex] : [];

    /// <summary>dw has read x before dx is written, and the mask is read element by element.</summary>
    public override IEnumerable<int> InPlaceAtPeak(Node node) =>
        !WritesData ? [] : WritesWeights ? [0] : Has(ConvGradientParts.ReluMask) ? [MaskIndex] : [];

    public override string Comment(Node node)
    {
        var bias = node.Weights.HasBias || FoldedNorm(node) is { Frozen: false } ? ", db" : "";
        var results = $"{(WritesWeights ? "dW" + bias : "")}{(WritesWeights && WritesData ? ", " : "")}{(WritesData ? "dx" : "")}";
        return $"{use} {results}";
    }

    public override string Attributes(Node node)
    {
        var weights = WritesWeights ? AddsToParameterGradients ? " +=dw" : " dw" : "";
        var data = WritesData ? Has(ConvGradientParts.AddToData) ? " +=dx" : " dx" : "";
        return use.Describe(node) + weights + data + (Has(ConvGradientParts.ReluMask) ? " +relu_mask" : "");
    }

    private static Parameter? FoldedNorm(Node node) => node.Parameters.Count > 1 ? node.Parameters[1] : null;

    private int MaskIndex => WritesWeights ? 2 : 1;

    private int AccumulateIndex => MaskIndex + (Has(ConvGradientParts.ReluMask) ? 1 : 0);

    private Value OutputGradient(Node node) => node.Inputs[WritesWeights ? 1 : 0];

    private bool Has(ConvGradientParts part) => (parts & part) != 0;
}
