namespace Fovea.Generator.Graph.Ops;

/// <summary>What a convolution does to w·x + b before it stores.</summary>
internal enum ConvEpilogue
{
    None,
    Relu,
    Add,
    AddRelu,
    UpsampleAdd,
}

/// <summary>
/// y = w·x + b (+ residual | + nearest(top)), then max(0, y) if so fused. Inputs: x, then the second summand.
/// [N, H, W, Cin] → [N, ⌈H/stride⌉, ⌈W/stride⌉, Cout]; the bias is the convolution's own or comes from the norm that is folded into it.
/// </summary>
internal sealed class Conv(ConvEpilogue epilogue = ConvEpilogue.None) : Op
{
    public ConvEpilogue Epilogue { get; } = epilogue;

    public bool HasRelu => Epilogue is ConvEpilogue.Relu or ConvEpilogue.AddRelu;

    public bool HasResidual => Epilogue is ConvEpilogue.Add or ConvEpilogue.AddRelu;

    public override string Name => "conv2d";

    public override string Method(Node node) => Epilogue == ConvEpilogue.None ? "Conv" : "Conv" + Epilogue;

    public override IEnumerable<Operand> Arguments(Node node)
    {
        yield return new Operand.Handle(node.Inputs[0]);
        yield return Read(node.Weights);
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
        if (x.Channels != w.InChannels || 2 * w.Padding != w.Kernel - 1 || w.Stride is not (1 or 2))
        {
            throw new InvalidOperationException(
                $"{w.Key}: weights for {w.InChannels} channels, stride {w.Stride}, padding {w.Padding} do not fit {node.Inputs[0]} {x}; "
                + "expected the input's channels, stride 1 or 2 and padding (kernel − 1) / 2.");
        }

        return w.Stride == 1 ? new(x.Halvings, w.OutChannels) : x.Halved(w.OutChannels);
    }

    /// <summary>
    /// dz = dy·[y &gt; 0]; db = Σ dz, dw = dzᵀ·x, dx = wᵀ·dz; dresidual = dz; dtop = sums of dz over what each cell of top was copied to.
    /// </summary>
    public override void Gradient(Node node, IGradientBuilder gradients)
    {
        var x = node.Inputs[0];
        var dz = HasRelu ? Relu.Mask(node, gradients) : gradients.GradientOf(node.Output);
        if (HasResidual && gradients.NeedsGradient(node.Inputs[1]))
        {
            gradients.Alias(node.Inputs[1], dz);
        }
        else if (Epilogue == ConvEpilogue.UpsampleAdd && gradients.NeedsGradient(node.Inputs[1]))
        {
            UpsampleBackward.Append(node.Inputs[1], dz, gradients);
        }

        ConvBackward.Append(node.Weights, x, dz, gradients);
    }

    public override long Macs(Node node, int height, int width) => node.Output.Shape.Cells(height, width) * node.Weights.WeightCount;

    public override IEnumerable<int> InPlace(Node node) => HasResidual && node.Inputs[1] != node.Inputs[0] ? [1] : [];

    public override string Comment(Node node) => Geometry(node.Weights);

    public override string Attributes(Node node) => Describe(node.Weights) + Epilogue switch
    {
        ConvEpilogue.Relu => " +relu",
        ConvEpilogue.Add => " +add",
        ConvEpilogue.AddRelu => " +add +relu",
        ConvEpilogue.UpsampleAdd => " +upsample",
        _ => "",
    };

    /// <summary>The weights as forward and backward-data read them: folded where a norm is folded in.</summary>
    internal static Operand Read(ConvWeights w) => new Operand.Weights(w, w.FoldedNorm is not null);

    /// <summary>"3×3/2 in 32 groups", for a reader.</summary>
    internal static string Geometry(ConvWeights w)
    {
        var stride = w.Stride == 1 ? "" : $"/{w.Stride}";
        var groups = w.Groups == 1 ? "" : $" in {w.Groups} groups";
        return $"{w.Kernel}×{w.Kernel}{stride}{groups}";
    }

    /// <summary>"w[64,3,3,64] s1 p1 g32 folded gemm", for listings; the general algorithm goes without saying.</summary>
    internal static string Describe(ConvWeights w)
    {
        var groups = w.Groups == 1 ? "" : $" g{w.Groups}";
        var bias = w.FoldedNorm is not null ? " folded" : w.HasBias ? " bias" : "";
        var algorithm = w.Algorithm is "IndirectGemm" or "Grouped" ? "" : " " + w.Algorithm.ToLowerInvariant();
        return $"w[{w.OutChannels},{w.Kernel},{w.Kernel},{w.InChannels / w.Groups}] s{w.Stride} p{w.Padding}{groups}{bias}{algorithm}";
    }
}
