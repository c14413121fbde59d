using System.Globalization;
using Fovea.CompilerServices;

namespace Fovea.Cuda.Cudnn;

/// <summary>Which of a convolution's three products is computed.</summary>
internal enum ConvolutionDirection : byte
{
    /// <summary>y = w·x.</summary>
    Forward,

    /// <summary>dx = wᵀ·dy.</summary>
    BackwardData,

    /// <summary>dw = dyᵀ·x.</summary>
    BackwardFilter,
}

/// <summary>What a convolution does besides the sum of products, in the order in which it does it.</summary>
[Flags]
internal enum ConvolutionEpilogue : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>+ residual (forward) or + accumulate (backward data): a map of the result's shape, which may be the result.</summary>
    Add = 1,

    /// <summary>Forward: + b.</summary>
    Bias = 2,

    /// <summary>Forward: max(0, ·).</summary>
    Relu = 4,

    /// <summary>Backward data: · [x &gt; 0], where x is the convolution's input.</summary>
    Mask = 8,

    /// <summary>Backward filter: dw is added to what is there (β = 1).</summary>
    Accumulate = 16,

    /// <summary>The bias, or dw, is of the values' type instead of float32.</summary>
    NarrowParameters = 32,
}

/// <summary>
/// One convolution as cuDNN sees it: what plans are made for and remembered by. N images of H×W cells and C channels, K output channels,
/// kernels of R×S, activations NHWC, weights [K, R, S, C / groups], sums in float32.
/// </summary>
/// <param name="Direction">Which product.</param>
/// <param name="Images">N.</param>
/// <param name="Height">H of the input.</param>
/// <param name="Width">W of the input.</param>
/// <param name="InChannels">C.</param>
/// <param name="OutChannels">K.</param>
/// <param name="KernelHeight">R.</param>
/// <param name="KernelWidth">S.</param>
/// <param name="Stride">In cells, both axes.</param>
/// <param name="Padding">Zeros on each side.</param>
/// <param name="Groups">1 for a dense convolution.</param>
/// <param name="Precision">The values' type, and whether tensor cores may round float32.</param>
/// <param name="Epilogue">What is fused.</param>
internal readonly record struct ConvolutionShape(
    ConvolutionDirection Direction,
    int Images,
    int Height,
    int Width,
    int InChannels,
    int OutChannels,
    int KernelHeight,
    int KernelWidth,
    int Stride,
    int Padding,
    int Groups,
    Precision Precision,
    ConvolutionEpilogue Epilogue = ConvolutionEpilogue.None)
{
    private const long Alignment = 256;

    /// <summary>Rows of the output.</summary>
    public int OutHeight => ((Height + (2 * Padding) - KernelHeight) / Stride) + 1;

    /// <summary>Columns of the output.</summary>
    public int OutWidth => ((Width + (2 * Padding) - KernelWidth) / Stride) + 1;

    /// <summary>N·H·W·C.</summary>
    public long InputLength => (long)Images * Height * Width * InChannels;

    /// <summary>N·OH·OW·K.</summary>
    public long OutputLength => (long)Images * OutHeight * OutWidth * OutChannels;

    /// <summary>K·R·S·C/groups.</summary>
    public long WeightLength => (long)OutChannels * KernelHeight * KernelWidth * (InChannels / Groups);

    /// <summary>The type of activations and weights.</summary>
    public CudnnDataType ValueType => Precision switch
    {
        Precision.BFloat16 => CudnnDataType.BFloat16,
        Precision.Float16 => CudnnDataType.Half,
        _ => CudnnDataType.Float,
    };

    /// <summary>The type of the bias and of dw.</summary>
    public CudnnDataType ParameterType => Has(ConvolutionEpilogue.NarrowParameters) ? ValueType : CudnnDataType.Float;

    /// <summary>The same convolution with nothing fused: what is left to a caller whose own kernels do the rest.</summary>
    public ConvolutionShape Unfused => this with
    {
        Epilogue = Epilogue & (ConvolutionEpilogue.Accumulate | ConvolutionEpilogue.NarrowParameters),
    };

    /// <summary>The shape of a convolution of the network.</summary>
    public static ConvolutionShape Of(
        ConvolutionDirection direction, FeatureMap x, in ConvParameters w, Precision precision, ConvolutionEpilogue epilogue) => new(
        direction, x.Images, x.Height, x.Width, w.InChannels, w.OutChannels, w.Kernel, w.Kernel, w.Stride, w.Padding, w.Groups,
        precision, epilogue);

    /// <summary>Whether something is fused.</summary>
    public bool Has(ConvolutionEpilogue part) => (Epilogue & part) != 0;

    /// <summary>Bytes of an operand in the shape, 0 if it has none.</summary>
    public long BytesOf(ConvolutionOperand operand)
    {
        var value = BytesOf(ValueType);
        return operand switch
        {
            ConvolutionOperand.X => InputLength * value,
            ConvolutionOperand.W => WeightLength * (Direction == ConvolutionDirection.BackwardFilter ? BytesOf(ParameterType) : value),
            ConvolutionOperand.Y => OutputLength * value,
            ConvolutionOperand.Bias => Has(ConvolutionEpilogue.Bias) ? OutChannels * BytesOf(ParameterType) : 0,
            ConvolutionOperand.Add when Has(ConvolutionEpilogue.Add) =>
                (Direction == ConvolutionDirection.Forward ? OutputLength : InputLength) * value,
            ConvolutionOperand.Mask => Has(ConvolutionEpilogue.Mask) ? InputLength * value : 0,
            _ => 0,
        };
    }

    /// <summary>
    /// Bytes of all operands one after the other, each begun at a multiple of 256: what timing takes besides a plan's workspace.
    /// </summary>
    public long ScratchBytes()
    {
        long bytes = 0;
        for (var operand = ConvolutionOperand.X; operand <= ConvolutionOperand.Mask; operand++)
        {
            bytes += Aligned(BytesOf(operand));
        }

        return bytes;
    }

    /// <summary>The next multiple of 256.</summary>
    public static long Aligned(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    /// <summary>One line: what the autotuner's choices are filed under, and messages call the shape.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Direction} {Precision} x[{Images},{Height},{Width},{InChannels}] " +
        $"w[{OutChannels},{KernelHeight},{KernelWidth},{InChannels / Math.Max(1, Groups)}] s{Stride} p{Padding} g{Groups} {Epilogue}");

    /// <summary>Throws where no convolution has this shape or nothing of this kind can be fused into it.</summary>
    public void Validate()
    {
        const ConvolutionEpilogue Both = ConvolutionEpilogue.NarrowParameters;
        var allowed = Direction switch
        {
            ConvolutionDirection.Forward => Both | ConvolutionEpilogue.Add | ConvolutionEpilogue.Bias | ConvolutionEpilogue.Relu,
            ConvolutionDirection.BackwardData => Both | ConvolutionEpilogue.Add | ConvolutionEpilogue.Mask,
            _ => Both | ConvolutionEpilogue.Accumulate,
        };
        if ((Epilogue & ~allowed) != 0)
        {
            throw new ArgumentException($"{this}: {Direction} cannot fuse {Epilogue & ~allowed}.");
        }

        var positive = Images > 0 && Height > 0 && Width > 0 && InChannels > 0 && OutChannels > 0 && KernelHeight > 0 && KernelWidth > 0;
        if (!positive || Stride < 1 || Padding < 0 || Groups < 1 || InChannels % Groups != 0 || OutChannels % Groups != 0 ||
            KernelHeight > Height + (2 * Padding) || KernelWidth > Width + (2 * Padding))
        {
            throw new ArgumentException($"{this}: no convolution has this shape.");
        }
    }

    private static long BytesOf(CudnnDataType type) => type == CudnnDataType.Float ? sizeof(float) : sizeof(short);
}
