namespace Fovea.Generator.Graph.Ops;

/// <summary>A convolution in either direction: what the choice of algorithms has to know.</summary>
internal interface IConvolution
{
    ConvUse Use { get; }

    /// <summary>The same, computed in another way.</summary>
    Op With(ConvAlgorithm algorithm);
}

/// <summary>What a convolution adds to w·x + b before it stores.</summary>
internal enum ConvSummand
{
    None,

    /// <summary>A map of the output's shape.</summary>
    Residual,

    /// <summary>nearest(top), the level above.</summary>
    UpsampledTop,
}

/// <summary>
/// y = w·x + b (+ residual | + nearest(top)), then an activation if so fused. Inputs: x, then the second summand.
/// [N, H, W, Cin] → [N, ⌈H/stride⌉, ⌈W/stride⌉, Cout]; the bias is the convolution's own or comes from the norm that is folded into it.
/// </summary>
internal sealed class Conv(
    ConvGeometry geometry, ConvSummand summand = ConvSummand.None, IActivation? activation = null,
    ConvAlgorithm algorithm = ConvAlgorithm.IndirectGemm) : Op, IConvolution
{
    public ConvUse Use { get; } = new(geometry, algorithm);

    public ConvSummand Summand => summand;

    /// <summary>Whether nothing is fused into it.</summary>
    public bool IsPlain => summand == ConvSummand.None && activation is null;

    public override string Name => "conv2d";

    public override IActivation? Activation => activation;

    public override string Method(Node node) => "Conv" + Sum + activation?.Epilogue;

    public override IEnumerable<Operand> Arguments(Node node)
    {
        yield return new Operand.Handle(node.Inputs[0]);
        yield return Use.Weights(node);
        if (node.Inputs.Count > 1)
        {
            yield return new Operand.Handle(node.Inputs[1]);
        }

        yield return new Operand.Handle(node.Output);
    }

    /// <summary>⌈H/stride⌉ holds because the padding is "same": 2·padding = kernel − 1.</summary>
    public override Shape InferShape(Node node)
    {
        var (x, w) = (node.Inputs[0].Shape, node.Weights);
        if (x.Channels != w.GroupChannels * geometry.Groups || w.Kernel != geometry.Kernel
            || 2 * geometry.Padding != geometry.Kernel - 1 || geometry.Stride is not (1 or 2))
        {
            throw new InvalidOperationException(
                $"{w.Key}: weights for {w.GroupChannels * geometry.Groups} channels, stride {geometry.Stride}, padding {geometry.Padding} "
                + $"do not fit {node.Inputs[0]} {x}; expected the input's channels, stride 1 or 2 and padding (kernel − 1) / 2.");
        }

        return geometry.Stride == 1 ? x.WithChannels(w.OutChannels) : x.Halved(w.OutChannels);
    }

    /// <summary>
    /// With dz = dy before the activation: db = Σ dz, dw = dzᵀ·x, dx = wᵀ·dz; dresidual = dz; dtop = sums of dz over what each cell of top
    /// was copied to.
    /// </summary>
    public override IEnumerable<Contribution> Gradient(Node node, Value dz)
    {
        var (x, w) = (node.Inputs[0], node.Weights);
        if (summand == ConvSummand.Residual)
        {
            yield return Contribution.To(node.Inputs[1], dz);
        }
        else if (summand == ConvSummand.UpsampledTop)
        {
            yield return Contribution.To(node.Inputs[1], new UpsampleBackward(), [dz]);
        }

        yield return Contribution.To(w, new ConvBackward(Use, ConvGradientParts.Weights), [x, dz], node.Parameters);
        yield return Contribution.To(x, new ConvBackward(Use, ConvGradientParts.Data), [dz], node.Parameters);
    }

    public Op With(ConvAlgorithm chosen) => new Conv(geometry, summand, activation, chosen);

    public override Op? WithActivation(IActivation fused) =>
        activation is null && summand != ConvSummand.UpsampledTop && fused is Relu ? new Conv(geometry, summand, fused, algorithm) : null;

    public Conv With(ConvSummand added) => new(geometry, added, activation, algorithm);

    public override long Macs(Node node, int height, int width) => node.Output.Shape.Cells(height, width) * node.Weights.WeightCount;

    public override IEnumerable<int> InPlace(Node node) =>
        summand == ConvSummand.Residual && node.Inputs[1] != node.Inputs[0] ? [1] : [];

    public override string Comment(Node node) => Use.ToString();

    public override string Attributes(Node node) =>
        Use.Describe(node)
        + summand switch { ConvSummand.Residual => " +add", ConvSummand.UpsampledTop => " +upsample", _ => "" }
        + (activation is null ? "" : " +" + ((Op)activation).Name);

    private string Sum => summand switch { ConvSummand.Residual => "Add", ConvSummand.UpsampledTop => "UpsampleAdd", _ => "" };
}
