using System.Globalization;
using System.Runtime.InteropServices;

namespace Fovea.Checkpoints.Onnx;

/// <summary>A ResNet of an ONNX file as the backbone of a model: torchvision's names, the model's norms and the model's pixels.</summary>
/// <remarks>
/// <para>The file's input is x_f = p·g_f + o_f of a pixel p in [0, 1], the model's is x = p·g + o, channel by channel of the same colour. So
/// x_f = a·x + b with a = g_f/g and b = o_f − a·o, and the first convolution is w ∗ x_f = (w·a) ∗ x + Σ w·b: the factor goes into the
/// weights and the constant into the mean of the norm behind them.</para>
/// <para>Where the convolution looks over the border, the file pads x_f with 0 and the model x with 0, which is x_f = b: the constant is
/// right everywhere but there, and there it is as if the file's picture went on with its input's value b instead of 0. Of
/// conventions whose mean is the mean of the same pictures b is small, half of one of 255 shades for the networks of Microsoft.ML.</para>
/// <para>Norms that are folded into convolutions leave ours the identity: γ 1, μ 0, σ² 1 − ε, and the convolution's bias as β.</para>
/// </remarks>
internal sealed class OnnxBackbone : StateDict
{
    private const string Bytes = "new PixelNormalization([0, 0, 0], [1, 1, 1], Bgr: false, Scale: 255)";

    private readonly Dictionary<string, StateTensor> tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Func<float[]>> values = new(StringComparer.Ordinal);
    private readonly OnnxModel file;

    private OnnxBackbone(OnnxModel file)
        : base(file.Path) => this.file = file;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, StateTensor> Tensors => tensors;

    /// <summary>Variances belong to the model's ε.</summary>
    public override IReadOnlyDictionary<string, string> Metadata { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [CheckpointKeys.FrozenBatchNormEpsilon] = CheckpointWriter.FrozenBatchNormEpsilon.ToString("R", CultureInfo.InvariantCulture),
    };

    /// <summary>The backbone of a file.</summary>
    /// <param name="model">Whose backbone it is to be.</param>
    /// <param name="file">The file; closed by its owner.</param>
    /// <param name="options">How it is read.</param>
    /// <exception cref="CheckpointException">It has no ResNet, or one of another shape.</exception>
    public static OnnxBackbone Of(ModelDescription model, OnnxModel file, LoadOptions options)
    {
        if (options.Rule == LoadRule.Exact)
        {
            throw new CheckpointException(
                file.Path, $"is an ONNX model, whose network can be the backbone of {model.Name}: LoadRule.BackboneOnly (--load backbone) takes it.");
        }

        if (options.FrozenBatchNormEpsilon is not null)
        {
            throw new CheckpointException(file.Path, "FrozenBatchNormEpsilon was given, but an ONNX model says itself what its norms' ε is: leave it out.");
        }

        var graph = new OnnxGraph(file);
        var net = OnnxResNet.Find(graph);
        Check(model, file, net);
        var pixels = FilePixels(graph, net, options);
        var backbone = new OnnxBackbone(file);
        backbone.AddStem(net.Stem, pixels, PixelMap.Of(model.Pixels));
        var stages = ResNetShape.Of(model).StageBlocks.Length;
        for (var stage = 0; stage < stages; stage++)
        {
            for (var index = 0; index < net.Stages[stage].Count; index++)
            {
                backbone.AddBlock(FormattableString.Invariant($"{StateNames.Backbone}layer{stage + 1}.{index}."), net.Stages[stage][index]);
            }
        }

        if (!net.Stem.HasNorm && model is { TracksBatches: true })
        {
            options.Warn(
                $"{file.Path}: its norms are folded into the convolutions, so that nothing is known of the statistics behind them. Norms that take a batch's "
                + "statistics in training change what it computes with the first step: declare [Backbone(NormStatistics = NormStatistics.Running)].");
        }

        return backbone;
    }

    /// <inheritdoc/>
    public override byte[] Hash() => file.Hash();

    /// <inheritdoc/>
    public override void Dispose()
    {
    }

    /// <inheritdoc/>
    protected override void Read(StateTensor tensor, Span<byte> destination) =>
        MemoryMarshal.AsBytes<float>(values[tensor.Name]()).CopyTo(destination);

    private static void Check(ModelDescription model, OnnxModel file, OnnxResNet net)
    {
        if (!model.Tensors.Any(t => t.Key == StateNames.Backbone + "bn1.running_mean"))
        {
            throw new CheckpointException(
                file.Path, $"has batch norms, and {model.Name} has group norms, which compute something else: declare [Backbone(Norm = Norm.BatchNorm)].");
        }

        // Stages that no level needs are not the model's: those of the file are left out.
        var (expected, found) = (ResNetShape.Of(model), net.Stages.Select(s => s.Count).ToArray());
        var stages = Math.Min(expected.StageBlocks.Length, found.Length);
        if (net.Stages.SelectMany(s => s).Any(b => b.IsBottleneck != expected.IsBottleneck) || expected.Width != net.Stem.Channels
            || found.Length < expected.StageBlocks.Length || !found.AsSpan(0, stages).SequenceEqual(expected.StageBlocks))
        {
            throw new CheckpointException(
                file.Path,
                $"expected the backbone of {model.Name} ({model.Backbone}, {expected}), found {net}. Declare the backbone that the file has: a named one, or "
                + "Backbone.Custom with [Backbone(Block = …, StageBlocks = …, BaseWidth = …)].");
        }
    }

    /// <summary>How pixels become what the file's first convolution takes.</summary>
    private static PixelChannel[] FilePixels(OnnxGraph graph, OnnxResNet net, LoadOptions options)
    {
        if (options.Pixels is { } given && PixelMap.Problem(given) is { } problem)
        {
            throw new CheckpointException(graph.Model.Path, $"LoadOptions.Pixels: {problem}.");
        }

        var isBare = graph.Same(net.StemInput, graph.Input);
        if (options.Pixels is null && !isBare)
        {
            throw new CheckpointException(
                graph.Model.Path, "changes pixels before its first convolution, and does not say what they are before: give LoadOptions.Pixels, "
                + $"for bytes with red first {Bytes}.");
        }

        if (options.Pixels is null)
        {
            options.Warn(
                $"{graph.Model.Path}: an ONNX model does not say how pixels become its input: taken as torchvision's (red first, in [0, 1], ImageNet's mean and "
                + "deviation). LoadOptions.Pixels says otherwise.");
        }

        var map = PixelNodes.Read(graph, net.StemInput, PixelMap.Of(options.Pixels ?? PixelNormalization.ImageNet));
        return map.Length == PixelMap.Channels && map.All(c => double.IsFinite(c.Gain) && double.IsFinite(c.Offset))
            ? map
            : throw graph.Problem(net.Stem.Conv, "three channels of pixels", FormattableString.Invariant($"{map.Length}"));
    }

    private void AddStem(ConvNorm stem, PixelChannel[] pixels, PixelChannel[] own)
    {
        var area = stem.Kernel * stem.Kernel;
        var weight = file.Values(stem.Weight);
        var folded = new float[weight.Length];
        var mean = (double[])stem.Mean.Clone();
        for (var row = 0; row < stem.Channels; row++)
        {
            for (var channel = 0; channel < PixelMap.Channels; channel++)
            {
                var color = Array.FindIndex(own, c => c.Color == pixels[channel].Color);
                var factor = pixels[channel].Gain / own[color].Gain;
                var constant = pixels[channel].Offset - (factor * own[color].Offset);
                var multiplier = stem.Multiplier?[row] ?? 1;
                for (var i = 0; i < area; i++)
                {
                    var w = weight[(((row * PixelMap.Channels) + channel) * area) + i] * multiplier;
                    mean[row] -= w * constant;

                    // Several of the file's channels may be of one colour.
                    folded[(((row * PixelMap.Channels) + color) * area) + i] += (float)(w * factor);
                }
            }
        }

        Add(StateNames.Backbone + "conv1", StateNames.Backbone + "bn1", stem with { Mean = mean }, () => folded);
    }

    private void AddBlock(string key, OnnxBlock block)
    {
        for (var i = 0; i < block.Path.Count; i++)
        {
            Add(FormattableString.Invariant($"{key}conv{i + 1}"), FormattableString.Invariant($"{key}bn{i + 1}"), block.Path[i]);
        }

        if (block.Shortcut is { } projection)
        {
            Add(key + "downsample.0", key + "downsample.1", projection);
        }
    }

    private void Add(string conv, string norm, ConvNorm layer, Func<float[]>? weight = null)
    {
        Add(conv + ".weight", layer.Weight.Shape, weight ?? (() => WeightOf(layer)));
        foreach (var (name, elements) in ((string, double[])[])
            [("weight", layer.Gamma), ("bias", layer.Beta), ("running_mean", layer.Mean), ("running_var", layer.Variance)])
        {
            Add($"{norm}.{name}", [layer.Channels], () => Array.ConvertAll(elements, e => (float)e));
        }
    }

    private void Add(string name, int[] shape, Func<float[]> elements)
    {
        tensors.Add(name, new StateTensor(name, ElementType.F32, shape));
        values.Add(name, elements);
    }

    private float[] WeightOf(ConvNorm layer)
    {
        var weight = file.Values(layer.Weight);
        if (layer.Multiplier is { } factors)
        {
            var row = weight.Length / layer.Channels;
            for (var i = 0; i < weight.Length; i++)
            {
                weight[i] = (float)(weight[i] * factors[i / row]);
            }
        }

        return weight;
    }
}
