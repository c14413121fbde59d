using Fovea.CompilerServices;

namespace Fovea.TestSupport;

/// <summary>The toy's parameters: where they lie, and how a checkpoint calls them.</summary>
internal sealed class ToyParameters
{
    private readonly List<TensorInfo> tensors = [];
    private int parameters;
    private int statistics;
    private int folded;

    private ToyParameters()
    {
        Conv1 = Conv("backbone.body.conv1", 3, 8, 3, 2, bias: false, Initializer.KaimingNormalFanOut);
        Norm1 = Norm("backbone.body.bn1", 8);
        Conv2 = Conv("backbone.body.conv2", 8, 16, 3, 2, bias: false, Initializer.KaimingNormalFanOut);
        Norm2 = Norm("backbone.body.bn2", 16);
        Conv3 = Conv("backbone.fpn.inner_blocks.0.0", 16, 16, 3, 2, bias: true, Initializer.KaimingUniform);
        Conv4 = Conv("backbone.fpn.layer_blocks.0.0", 16, 16, 3, 2, bias: true, Initializer.KaimingUniform);
        Class = Conv(
            "head.classification_head.cls_logits", 16, ToyProgram.AnchorsPerCell * ToyProgram.Classes, 3, 1, bias: true, Initializer.Normal,
            -4.59512f);
        Box = Conv("head.regression_head.bbox_reg", 16, ToyProgram.AnchorsPerCell * 4, 3, 1, bias: true, Initializer.Normal);
        Conv1Folded = Fold(Conv1);
        Conv2Folded = Fold(Conv2);
        Gradients = new ToyGradients(
            new ConvGradients(Conv1.Weight, Norm1.Shift), new NormGradients(Norm1.Scale, Norm1.Shift),
            new ConvGradients(Conv2.Weight, -1), new NormGradients(Norm2.Scale, Norm2.Shift),
            Of(Conv3), Of(Conv4), Of(Class), Of(Box));
    }

    public static ToyParameters Instance { get; } = new();

    public ConvParameters Conv1 { get; }

    public NormParameters Norm1 { get; }

    public ConvParameters Conv2 { get; }

    public NormParameters Norm2 { get; }

    public ConvParameters Conv3 { get; }

    public ConvParameters Conv4 { get; }

    public ConvParameters Class { get; }

    public ConvParameters Box { get; }

    public ConvParameters Conv1Folded { get; }

    public ConvParameters Conv2Folded { get; }

    public ToyGradients Gradients { get; }

    public TensorInfo[] Tensors => [.. tensors];

    public int ParameterLength => parameters;

    public int StatisticsLength => statistics;

    public int FoldedLength => folded;

    private static ConvGradients Of(ConvParameters w) => new(w.Weight, w.Bias);

    private static int Take(ref int next, int length)
    {
        var offset = next;
        next += (length + 15) / 16 * 16;
        return offset;
    }

    private ConvParameters Conv(
        string key, int from, int to, int kernel, int stride, bool bias, Initializer initializer, float biasValue = 0)
    {
        var weight = Add($"{key}.weight", TensorRole.ConvWeight, TensorStorage.Trainable, [to, from, kernel, kernel], initializer, 0.01f);
        var shift = bias ? Add($"{key}.bias", TensorRole.ConvBias, TensorStorage.Trainable, [to], Initializer.Constant, biasValue) : -1;
        return new ConvParameters(
            ParameterStorage.Parameters, weight, shift, from, to, kernel, stride, kernel / 2, 1, ConvAlgorithm.IndirectGemm);
    }

    private NormParameters Norm(string key, int channels) => new(
        Add($"{key}.weight", TensorRole.NormScale, TensorStorage.Trainable, [channels], Initializer.Constant, 1),
        Add($"{key}.bias", TensorRole.NormShift, TensorStorage.Trainable, [channels], Initializer.Constant, 0),
        Add($"{key}.running_mean", TensorRole.RunningMean, TensorStorage.Statistics, [channels], Initializer.Constant, 0),
        Add($"{key}.running_var", TensorRole.RunningVariance, TensorStorage.Statistics, [channels], Initializer.Constant, 1),
        channels,
        0,
        1e-5f,
        0.1f);

    private int Add(string key, TensorRole role, TensorStorage storage, int[] shape, Initializer initializer, float value)
    {
        var length = shape.Aggregate(1, (a, b) => a * b);
        var offset = storage == TensorStorage.Statistics ? Take(ref statistics, length) : Take(ref parameters, length);
        tensors.Add(new TensorInfo(key, role, storage, offset, shape, initializer, value));
        return offset;
    }

    private ConvParameters Fold(ConvParameters w) => w with
    {
        Storage = ParameterStorage.Folded,
        Weight = Take(ref folded, w.WeightLength),
        Bias = Take(ref folded, w.OutChannels),
    };
}

/// <summary>Where the gradients go.</summary>
internal sealed record ToyGradients(
    ConvGradients Conv1, NormGradients Norm1, ConvGradients Conv2, NormGradients Norm2, ConvGradients Conv3, ConvGradients Conv4,
    ConvGradients Class, ConvGradients Box);
