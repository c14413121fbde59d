using Fovea.Cpu;
using Fovea.Ops.Conv;
using Fovea.Ops;
using Fovea.CompilerServices;

namespace Fovea.Tests.Ops;

/// <summary>One convolution: what parity, gradients, worker counts and allocation are tested on.</summary>
public sealed record ConvCase(
    string Name,
    int Images, int Height, int Width, int In, int Out, int Kernel, int Stride, int Padding, int Groups, ConvAlgorithm Algorithm)
{
    /// <summary>Shapes with tails in every direction, and the shapes of ResNet, FPN and heads in small.</summary>
    public static IReadOnlyList<ConvCase> All { get; } =
    [
        new("1x1, whole tiles", 2, 8, 12, 32, 64, 1, 1, 0, 1, ConvAlgorithm.Gemm),
        new("1x1, tails everywhere", 1, 5, 7, 5, 27, 1, 1, 0, 1, ConvAlgorithm.Gemm),
        new("1x1, one cell", 1, 1, 1, 3, 3, 1, 1, 0, 1, ConvAlgorithm.Gemm),
        new("1x1, two depth blocks", 1, 3, 5, 1030, 36, 1, 1, 0, 1, ConvAlgorithm.Gemm),
        new("1x1, many columns", 1, 4, 3, 9, 819, 1, 1, 0, 1, ConvAlgorithm.Gemm),
        new("1x1 stride 2", 2, 8, 10, 16, 24, 1, 2, 0, 1, ConvAlgorithm.IndirectGemm),
        new("1x1 stride 2, odd map", 2, 7, 9, 16, 24, 1, 2, 0, 1, ConvAlgorithm.IndirectGemm),
        new("3x3 indirect", 2, 9, 11, 20, 12, 3, 1, 1, 1, ConvAlgorithm.IndirectGemm),
        new("3x3 indirect, deep", 1, 6, 5, 70, 40, 3, 1, 1, 1, ConvAlgorithm.IndirectGemm),
        new("3x3 without padding", 1, 6, 8, 8, 8, 3, 1, 0, 1, ConvAlgorithm.IndirectGemm),
        new("3x3 with padding 2", 1, 4, 5, 8, 8, 3, 1, 2, 1, ConvAlgorithm.IndirectGemm),
        new("3x3 stride 2", 2, 8, 12, 16, 36, 3, 2, 1, 1, ConvAlgorithm.IndirectGemm),
        new("3x3 stride 2, odd map", 1, 7, 13, 5, 27, 3, 2, 1, 1, ConvAlgorithm.IndirectGemm),
        new("3x3 stride 2 to one cell", 2, 2, 2, 16, 16, 3, 2, 1, 1, ConvAlgorithm.IndirectGemm),
        new("3x3 stride 3", 1, 8, 7, 4, 6, 3, 3, 1, 1, ConvAlgorithm.IndirectGemm),
        new("7x7 stem", 2, 14, 18, 3, 64, 7, 2, 3, 1, ConvAlgorithm.IndirectGemm),
        new("7x7 stem, odd map", 1, 13, 9, 3, 10, 7, 2, 3, 1, ConvAlgorithm.IndirectGemm),
        new("Winograd, whole tiles", 2, 16, 20, 32, 32, 3, 1, 1, 1, ConvAlgorithm.Winograd4),
        new("Winograd, cut tiles", 2, 15, 17, 48, 64, 3, 1, 1, 1, ConvAlgorithm.Winograd4),
        new("Winograd, odd channels", 1, 23, 18, 37, 27, 3, 1, 1, 1, ConvAlgorithm.Winograd4),
        new("Winograd, head of 36", 3, 14, 10, 64, 36, 3, 1, 1, 1, ConvAlgorithm.Winograd4),
        new("Winograd, wide", 1, 18, 22, 66, 170, 3, 1, 1, 1, ConvAlgorithm.Winograd4),
        new("Winograd, without padding", 1, 22, 22, 16, 17, 3, 1, 0, 1, ConvAlgorithm.Winograd4),
        new("Winograd, padding 2", 1, 18, 18, 32, 16, 3, 1, 2, 1, ConvAlgorithm.Winograd4),
        new("Winograd, many tiles", 4, 25, 30, 16, 20, 3, 1, 1, 1, ConvAlgorithm.Winograd4),
        new("Winograd hint on few tiles", 3, 3, 3, 64, 64, 3, 1, 1, 1, ConvAlgorithm.Winograd4),
        new("Winograd hint on narrow channels", 1, 9, 9, 6, 10, 3, 1, 1, 1, ConvAlgorithm.Winograd4),
        new("Winograd hint on stride 2", 1, 9, 9, 16, 16, 3, 2, 1, 1, ConvAlgorithm.Winograd4),
        new("grouped, 4 channels each", 2, 7, 9, 64, 64, 3, 1, 1, 16, ConvAlgorithm.Grouped),
        new("grouped, stride 2", 1, 9, 8, 64, 64, 3, 2, 1, 16, ConvAlgorithm.Grouped),
        new("grouped, 2 channels each", 2, 5, 6, 8, 8, 3, 1, 1, 4, ConvAlgorithm.Grouped),
        new("grouped, a last block with fewer groups", 1, 6, 5, 21, 35, 3, 1, 1, 7, ConvAlgorithm.Grouped),
        new("grouped, wide groups", 1, 6, 5, 80, 80, 3, 1, 1, 2, ConvAlgorithm.Grouped),
        new("grouped 1x1", 2, 5, 5, 12, 24, 1, 1, 0, 3, ConvAlgorithm.Grouped),
        new("depthwise", 1, 8, 8, 40, 40, 3, 1, 1, 40, ConvAlgorithm.Grouped),
    ];

    public int OutHeight => ((Height + (2 * Padding) - Kernel) / Stride) + 1;

    public int OutWidth => ((Width + (2 * Padding) - Kernel) / Stride) + 1;

    /// <summary>Products that a forward output sums.</summary>
    public int Depth => Kernel * Kernel * (In / Groups);

    /// <summary>
    /// Of a sum of <paramref name="terms"/> products of numbers in ±1: each addition rounds a partial sum, which itself grows with the root
    /// of its terms. Winograd's transforms cost another digit (their coefficients reach 8, in two dimensions).
    /// </summary>
    public float Tolerance(long terms) =>
        (Algorithm == ConvAlgorithm.Winograd4 ? 10 : 1) * ((2e-6f * MathF.Sqrt(terms + 4)) + (1e-7f * terms));

    public override string ToString() => Name;
}

/// <summary>A case laid out in memory, with random operands and one CPU session.</summary>
internal sealed class ConvFixture : IDisposable
{
    private readonly BareCpu cpu;

    public ConvFixture(ConvCase c, CpuKernelTable kernels, int workers = 2, int topHeight = 0, int topWidth = 0)
    {
        X = new FeatureMap(Guard, c.Images, c.Height, c.Width, c.In);
        Y = new FeatureMap(X.Offset + X.Length + Guard, c.Images, c.OutHeight, c.OutWidth, c.Out);
        AddY = Y with { Offset = Y.Offset + Y.Length + Guard };
        AddX = X with { Offset = AddY.Offset + AddY.Length + Guard };
        Dx = X with { Offset = AddX.Offset + AddX.Length + Guard };
        Top = new FeatureMap(Dx.Offset + Dx.Length + Guard, c.Images, Math.Max(1, topHeight), Math.Max(1, topWidth), c.Out);
        var depth = c.Depth;
        var bias = (c.Out * depth) + (2 * Guard);
        W = new ConvParameters(
            ParameterStorage.Parameters, Guard, bias, c.In, c.Out, c.Kernel, c.Stride, c.Padding, c.Groups, c.Algorithm);
        D = new ConvGradients(W.Weight, W.Bias);
        Norm = new NormParameters(W.Bias + c.Out + Guard, W.Bias + (2 * c.Out) + Guard, 0, c.Out, c.Out, 0, 1e-5f, 0.1f);
        Folded = W with { Storage = ParameterStorage.Folded };
        var parameters = Norm.Shift + c.Out + Guard;
        cpu = new BareCpu(
            workers, Top.Offset + Top.Length + Guard, TestModel.Describe(parameters, statistics: 2 * c.Out, folded: parameters), kernels);
        var random = new Random(c.Name.Length + (31 * c.In) + c.Out);
        Fill(Arena, random);
        Fill(Model.Parameters.Span, random);
        Fill(Gradients, random);
        Fill(Model.Statistics.Span, random);
        foreach (ref var v in Variance)
        {
            v = MathF.Abs(v) + 0.1f;
        }
    }

    /// <summary>Elements between operands that no kernel may touch.</summary>
    public static int Guard => 37;

    public CpuBackend Backend => cpu.Backend;

    public FeatureMap X { get; }

    /// <summary>The output, and dy.</summary>
    public FeatureMap Y { get; }

    public FeatureMap AddY { get; }

    public FeatureMap AddX { get; }

    public FeatureMap Dx { get; }

    public FeatureMap Top { get; }

    public ConvParameters W { get; }

    public ConvGradients D { get; }

    /// <summary>A batch normalisation after the convolution.</summary>
    public NormParameters Norm { get; }

    /// <summary>The convolution with it folded in.</summary>
    public ConvParameters Folded { get; }

    public Span<float> Scale => Model.Parameters.Span.Slice(Norm.Scale, W.OutChannels);

    public Span<float> Shift => Model.Parameters.Span.Slice(Norm.Shift, W.OutChannels);

    public Span<float> Mean => Model.Statistics.Span[..W.OutChannels];

    public Span<float> Variance => Model.Statistics.Span[W.OutChannels..];

    public Span<float> Weight => Model.Parameters.Span.Slice(W.Weight, W.WeightLength);

    public Span<float> Bias => Model.Parameters.Span.Slice(W.Bias, W.OutChannels);

    public Span<float> Dw => Model.Gradients.Span.Slice(W.Weight, W.WeightLength);

    public Span<float> Db => Model.Gradients.Span.Slice(W.Bias, W.OutChannels);

    public Span<float> Arena => cpu.Arena;

    public Span<float> Gradients => Model.Gradients.Span;

    public ModelMemory Model => cpu.Model;

    public Span<float> Values(FeatureMap map) => cpu.Values(map);

    public float[] ExpectedForward()
    {
        var y = new float[Y.Length];
        ConvReference.Forward(Values(X), X, Weight, W.HasBias ? Bias : default, W, y, Y);
        return y;
    }

    public float[] ExpectedBackwardData()
    {
        var dx = new float[X.Length];
        ConvReference.BackwardData(Weight, W, Values(Y), Y, dx, X);
        return dx;
    }

    public (float[] Dw, float[] Db) ExpectedBackwardWeights()
    {
        var (dw, db) = (new float[W.WeightLength], new float[W.OutChannels]);
        ConvReference.BackwardWeights(Values(X), X, W, Values(Y), Y, dw, db);
        return (dw, db);
    }

    public void Dispose() => cpu.Dispose();

    public static void Fill(Span<float> values, Random random)
    {
        foreach (ref var v in values)
        {
            v = (2 * random.NextSingle()) - 1;
        }
    }
}
