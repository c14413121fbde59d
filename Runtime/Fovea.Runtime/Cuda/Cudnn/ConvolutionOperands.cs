namespace Fovea.Cuda.Cudnn;

/// <summary>A tensor's part in a convolution; in graphs, its unique id.</summary>
internal enum ConvolutionOperand
{
    /// <summary>The input, or dx.</summary>
    X = 1,

    /// <summary>The weights, or dw.</summary>
    W = 2,

    /// <summary>The output, or dy.</summary>
    Y = 3,

    /// <summary>Added to each output channel.</summary>
    Bias = 4,

    /// <summary>Residual or accumulate.</summary>
    Add = 5,

    /// <summary>The input whose sign masks dx.</summary>
    Mask = 6,
}

/// <summary>
/// Where a convolution's tensors lie. Each address that the shape needs is a multiple of 16; the others stay 0. Nothing overlaps what is
/// written.
/// </summary>
/// <param name="X">The input; dx of backward data.</param>
/// <param name="W">The weights; dw of backward filter.</param>
/// <param name="Y">The output; dy of both backward ones.</param>
/// <param name="Bias">[K].</param>
/// <param name="Add">Residual (like Y) or accumulate (like X).</param>
/// <param name="Mask">The input, like X.</param>
internal readonly record struct ConvolutionOperands(
    DeviceAddress X,
    DeviceAddress W,
    DeviceAddress Y,
    DeviceAddress Bias = default,
    DeviceAddress Add = default,
    DeviceAddress Mask = default)
{
    /// <summary>The address of an operand.</summary>
    public DeviceAddress this[ConvolutionOperand operand] => operand switch
    {
        ConvolutionOperand.X => X,
        ConvolutionOperand.W => W,
        ConvolutionOperand.Y => Y,
        ConvolutionOperand.Bias => Bias,
        ConvolutionOperand.Add => Add,
        _ => Mask,
    };
}

/// <summary>Device memory that timing may overwrite: the operands' places, then workspace. Its contents do not matter.</summary>
/// <param name="Address">Aligned to 256 bytes.</param>
/// <param name="Bytes">Its length.</param>
internal readonly record struct ConvolutionScratch(DeviceAddress Address, long Bytes)
{
    /// <summary>The operands of a shape, laid into the memory one after the other.</summary>
    public ConvolutionOperands Lay(in ConvolutionShape shape)
    {
        Span<DeviceAddress> at = stackalloc DeviceAddress[(int)ConvolutionOperand.Mask + 1];
        var next = Address;
        for (var operand = ConvolutionOperand.X; operand <= ConvolutionOperand.Mask; operand++)
        {
            var bytes = shape.BytesOf(operand);
            at[(int)operand] = bytes == 0 ? default : next;
            next += ConvolutionShape.Aligned(bytes);
        }

        return new ConvolutionOperands(at[1], at[2], at[3], at[4], at[5], at[6]);
    }

    /// <summary>What is left behind the operands of a shape; negative if they do not fit.</summary>
    public long WorkspaceBytes(in ConvolutionShape shape) => Bytes - shape.ScratchBytes();
}
