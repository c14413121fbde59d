namespace Fovea.Checkpoints.Onnx;

/// <summary>A convolution with the norm behind it: γ (w∗x·m − μ)/√(σ² + ε) + β, with the model's ε.</summary>
/// <param name="Conv">The node.</param>
/// <param name="Weight">w, [Cout, Cin/groups, R, S].</param>
/// <param name="Multiplier">m, by output channel; null: 1.</param>
/// <param name="HasNorm">Whether the file has a norm; else it is folded into the convolution, and ours is the identity.</param>
/// <param name="Gamma">γ.</param>
/// <param name="Beta">β.</param>
/// <param name="Mean">μ.</param>
/// <param name="Variance">σ², which belongs to the model's ε.</param>
internal sealed record ConvNorm(
    OnnxNode Conv, OnnxTensor Weight, double[]? Multiplier, bool HasNorm, double[] Gamma, double[] Beta, double[] Mean, double[] Variance)
{
    /// <summary>ε of every norm of a compiled model.</summary>
    public const double Epsilon = CheckpointWriter.FrozenBatchNormEpsilon;

    public int Channels => Weight.Shape[0];

    public int Kernel => Weight.Shape[2];

    public int Stride => Conv.Integers("strides") is [var stride, ..] ? (int)stride : 1;

    /// <summary>Reads a convolution and all behind it that scales or moves channels.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="conv">The convolution.</param>
    /// <param name="channels">Of its input.</param>
    /// <param name="value">The value that comes out.</param>
    /// <exception cref="CheckpointException">It is none that a ResNet has.</exception>
    public static ConvNorm Read(OnnxGraph graph, OnnxNode conv, int channels, out string value)
    {
        var weight = WeightOf(graph, conv, channels);
        var rows = weight.Shape[0];
        value = OutputOf(graph, conv);
        var chain = new AffineChain(graph, rows, conv.Inputs.Length > 2 && conv.Inputs[2].Length > 0 ? ChannelConstant.Vector(graph, conv, 2, rows) : null);
        while (graph.Consumers(value) is [var next] && chain.TryAdd(next, value))
        {
            value = OutputOf(graph, next);
        }

        return chain.ToConvNorm(conv, weight);
    }

    /// <summary>A node's first output.</summary>
    public static string OutputOf(OnnxGraph graph, OnnxNode node) =>
        node.Outputs is [{ Length: > 0 } output, ..] ? output : throw graph.Problem(node, "an output", "none");

    private static OnnxTensor WeightOf(OnnxGraph graph, OnnxNode conv, int channels)
    {
        if (conv.Inputs.Length < 2 || graph.Constant(conv.Inputs[1]) is not { } weight)
        {
            throw graph.Problem(
                conv, "weights among the initialisers", "weights that are computed", "quantised models cannot be read, save it in floating point");
        }

        if (weight.Shape is not [> 0, > 0, > 0, _] || weight.Shape[2] != weight.Shape[3] || weight.Shape[2] % 2 == 0 || weight.Shape[2] > 11)
        {
            throw graph.Problem(conv, "weights of shape [Cout, Cin, R, R]", weight.ShapeText);
        }

        var groups = conv.Integer("group", 1);
        if (groups < 1 || groups > channels || groups * weight.Shape[1] != channels)
        {
            throw graph.Problem(
                conv, FormattableString.Invariant($"{channels} input channels"), FormattableString.Invariant($"{groups} groups of {weight.Shape[1]}"));
        }

        if (conv.Integers("dilations").Any(d => d != 1))
        {
            throw graph.Problem(conv, "no dilation", $"[{string.Join(", ", conv.Integers("dilations"))}]", "our backbones have none");
        }

        return weight;
    }

    /// <summary>What lies behind a convolution, taken together as one norm.</summary>
    private sealed class AffineChain(OnnxGraph graph, int channels, float[]? bias)
    {
        private const int MaxNodes = 16;

        private readonly double[] gamma = Filled(channels, 1);
        private readonly double[] beta = new double[channels];
        private readonly double[] mean = new double[channels];
        private readonly double[] variance = Filled(channels, 1 - Epsilon);

        // y = scale·(w∗x) + shift, before the norm.
        private readonly double[] scale = Filled(channels, 1);
        private readonly double[] shift = bias is null ? new double[channels] : Array.ConvertAll(bias, b => (double)b);
        private bool hasNorm;
        private bool isScaled;
        private int nodes;

        /// <summary>Takes a node into account.</summary>
        /// <returns>Whether it scales or moves channels.</returns>
        public bool TryAdd(OnnxNode node, string value)
        {
            switch (nodes++ < MaxNodes ? node.Operator : "")
            {
                case "BatchNormalization":
                    AddNorm(node);
                    return true;
                case "Mul" or "Div" when ChannelConstant.Operand(graph, node, value, channels, allowsImage: false) is { } factors:
                    Apply(node.Operator == "Mul" ? factors : Array.ConvertAll(factors, f => 1 / f), new double[channels]);
                    return true;
                case "Add" or "Sub" when ChannelConstant.Operand(graph, node, value, channels, allowsImage: false) is { } terms:
                    Apply(Filled(channels, 1), node.Operator == "Add" ? terms : Array.ConvertAll(terms, t => -t));
                    return true;
                default:
                    return false;
            }
        }

        public ConvNorm ToConvNorm(OnnxNode conv, OnnxTensor weight)
        {
            // Before a norm a shift is a part of the mean; without one it is the identity's β.
            for (var c = 0; c < channels; c++)
            {
                (mean[c], beta[c]) = hasNorm ? (mean[c] - shift[c], beta[c]) : (0, shift[c]);
            }

            return new ConvNorm(conv, weight, isScaled ? scale : null, hasNorm, gamma, beta, mean, variance);
        }

        private static double[] Filled(int length, double value)
        {
            var values = new double[length];
            Array.Fill(values, value);
            return values;
        }

        private void Apply(double[] factors, double[] terms)
        {
            for (var c = 0; c < channels; c++)
            {
                if (hasNorm)
                {
                    (gamma[c], beta[c]) = (gamma[c] * factors[c], (beta[c] * factors[c]) + terms[c]);
                }
                else
                {
                    (scale[c], shift[c]) = (scale[c] * factors[c], (shift[c] * factors[c]) + terms[c]);
                    isScaled |= factors[c] != 1;
                }
            }
        }

        /// <summary>σ² + ε_file = (σ² + ε_file − ε) + ε: what differs moves into the variance. A second norm is a scale and a shift.</summary>
        private void AddNorm(OnnxNode node)
        {
            var (g, b) = (ChannelConstant.Vector(graph, node, 1, channels), ChannelConstant.Vector(graph, node, 2, channels));
            var (m, v) = (ChannelConstant.Vector(graph, node, 3, channels), ChannelConstant.Vector(graph, node, 4, channels));
            var epsilon = (double)node.Single("epsilon", 1e-5f);
            for (var c = 0; c < channels; c++)
            {
                if (!(v[c] + epsilon > 0 && double.IsFinite(v[c] + epsilon)))
                {
                    throw graph.Problem(
                        node, "variances + ε greater than 0", FormattableString.Invariant($"{v[c]} + {epsilon} in channel {c}"), "the file is damaged");
                }
            }

            if (hasNorm)
            {
                var factors = Array.ConvertAll(g, x => (double)x);
                var terms = Array.ConvertAll(b, x => (double)x);
                for (var c = 0; c < channels; c++)
                {
                    factors[c] /= Math.Sqrt(v[c] + epsilon);
                    terms[c] -= m[c] * factors[c];
                }

                Apply(factors, terms);
                return;
            }

            for (var c = 0; c < channels; c++)
            {
                (gamma[c], beta[c], mean[c], variance[c]) = (g[c], b[c], m[c], v[c] + (epsilon - Epsilon));
            }

            hasNorm = true;
        }
    }
}
