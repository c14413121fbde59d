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
/// Gradients of a convolution. Inputs: x (unless only data without mask), dy, then what dx is added to. Output: dx, if asked for.
/// dw and db go to the gradient buffer.
/// </summary>
internal sealed class ConvBackward(ConvGradientParts parts) : Op
{
    public ConvGradientParts Parts { get; } = parts;

    public bool WritesWeights => Has(ConvGradientParts.Weights);

    public bool WritesData => Has(ConvGradientParts.Data);

    public bool HasMask => Has(ConvGradientParts.ReluMask);

    public bool AddsToData => Has(ConvGradientParts.AddToData);

    public bool ReadsInput => WritesWeights || HasMask;

    public override bool AddsToParameterGradients => Has(ConvGradientParts.AddToWeights);

    public override string Name => "conv2d_backward";

    /// <summary>Appends what is wanted of the gradients of a convolution of x, given the gradient dz of w·x + b.</summary>
    public static void Append(ConvWeights w, Value x, Value dz, IGradientBuilder gradients)
    {
        var parts = default(ConvGradientParts);
        parts |= w.Frozen ? 0 : ConvGradientParts.Weights;
        parts |= gradients.IsWritten(w) ? ConvGradientParts.AddToWeights : 0;
        if (!gradients.NeedsGradient(x))
        {
            if (!w.Frozen)
            {
                gradients.AppendParameterGradient(new ConvBackward(parts), [x, dz], [w]);
            }

            return;
        }

        List<Value> inputs = w.Frozen ? [dz] : [x, dz];
        parts |= ConvGradientParts.Data;
        if (gradients.Pending(x) is { } pending)
        {
            parts |= ConvGradientParts.AddToData;
            inputs.Add(pending);
        }

        gradients.Append(new ConvBackward(parts), x, inputs, [w]);
    }

    public override string Method(Node node)
    {
        var part = !WritesWeights ? "Data" : !WritesData ? "Weights" : "";
        return $"ConvBackward{part}";
    }

    public override IEnumerable<Operand> Arguments(Node node)
    {
        if (WritesWeights)
        {
            yield return new Operand.Handle(node.Inputs[0]);
        }

        yield return Conv.Read(node.Weights);
        yield return new Operand.Handle(OutputGradient(node));
        if (WritesWeights)
        {
            yield return new Operand.WeightGradient(node.Weights, AddsToParameterGradients);
        }

        if (WritesData)
        {
            yield return new Operand.Handle(node.Output);
            if (AddsToData)
            {
                yield return Accumulate(node, node.Inputs[AccumulateIndex]);
            }

            if (HasMask)
            {
                yield return Mask(node);
            }
        }
    }

    public override Shape InferShape(Node node) => WritesData
        ? new(OutputGradient(node).Shape.Halvings - (node.Weights.Stride - 1), node.Weights.InChannels)
        : default;

    public override IEnumerable<Parameter> ParameterGradients(Node node) => WritesWeights ? node.Parameters : [];

    /// <summary>Each gradient costs what forward did.</summary>
    public override long Macs(Node node, int height, int width) =>
        OutputGradient(node).Shape.Cells(height, width) * node.Weights.WeightCount * ((WritesWeights ? 1 : 0) + (WritesData ? 1 : 0));

    public override IEnumerable<int> InPlace(Node node) =>
        AddsToData && node.Inputs[AccumulateIndex] != OutputGradient(node) ? [AccumulateIndex] : [];

    public override string Comment(Node node)
    {
        var bias = node.Weights.HasBias || node.Weights.FoldedNorm is { Frozen: false } ? ", db" : "";
        var results = $"{(WritesWeights ? "dW" + bias : "")}{(WritesWeights && WritesData ? ", " : "")}{(WritesData ? "dx" : "")}";
        return $"{Conv.Geometry(node.Weights)} {results}";
    }

    public override string Attributes(Node node)
    {
        var weights = WritesWeights ? AddsToParameterGradients ? " +=dw" : " dw" : "";
        var data = WritesData ? AddsToData ? " +=dx" : " dx" : "";
        return Conv.Describe(node.Weights) + weights + data + (HasMask ? " +relu_mask" : "");
    }

    /// <summary>What dx is added to: what passes a sum unchanged (a shortcut), a convolution of the same block, or another block's gradient.</summary>
    internal static Operand.Handle Accumulate(Node node, Value pending)
    {
        var own = pending.Producer is { Parameters.Count: > 0 } producer && producer.Block == node.Block ? producer.Parameters[0].Role : null;
        var summand = pending.Of != node.Output.Of ? "shortcut" : own?.ToLowerInvariant() ?? "{source}";
        return new Operand.Handle(pending, "accumulate", $"+ {summand}");
    }

    /// <summary>The ReLU is the block's own, or that of the block whose output this one reads.</summary>
    private static Operand.Handle Mask(Node node)
    {
        var x = node.Inputs[0];
        return new Operand.Handle(x, "mask", "· [{value} > 0]" + (x.Block == node.Block ? "" : ", ReLU of {maker}"));
    }

    private int AccumulateIndex => ReadsInput ? 2 : 1;

    private Value OutputGradient(Node node) => node.Inputs[ReadsInput ? 1 : 0];

    private bool Has(ConvGradientParts part) => (Parts & part) != 0;
}
