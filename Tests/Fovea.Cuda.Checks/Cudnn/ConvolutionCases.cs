using Fovea.Cuda.Cudnn;

namespace Fovea.Cuda.Checks.Cudnn;

/// <summary>A convolution's geometry, without direction, precision and epilogue.</summary>
internal sealed record ConvolutionCase(
    string Name, int Images, int Height, int Width, int In, int Out, int Kernel, int Stride, int Padding, int Groups)
{
    /// <summary>The kinds of convolutions of a ResNet-50 RetinaNet, in small.</summary>
    public static IReadOnlyList<ConvolutionCase> All { get; } =
    [
        new("stem 7x7 stride 2", 2, 11, 9, 3, 8, 7, 2, 3, 1),
        new("stem of 8 padded channels", 1, 12, 10, 8, 8, 7, 2, 3, 1),
        new("bottleneck 1x1", 2, 5, 7, 16, 24, 1, 1, 0, 1),
        new("downsampling 1x1 stride 2", 2, 7, 8, 16, 24, 1, 2, 0, 1),
        new("bottleneck 3x3", 2, 6, 5, 8, 16, 3, 1, 1, 1),
        new("bottleneck 3x3 stride 2", 1, 7, 8, 16, 8, 3, 2, 1, 1),
        new("one cell to one cell", 3, 1, 1, 8, 8, 3, 2, 1, 1),
        new("head of 36", 1, 3, 4, 16, 36, 3, 1, 1, 1),
        new("head of odd channels", 1, 4, 3, 8, 27, 3, 1, 1, 1),
        new("grouped 3x3", 2, 5, 6, 32, 32, 3, 1, 1, 4),
        new("grouped 3x3 stride 2", 1, 6, 7, 16, 32, 3, 2, 1, 4),
        new("depthwise", 1, 5, 5, 8, 8, 3, 1, 1, 8),
    ];

    /// <summary>Every epilogue of a direction.</summary>
    public static IEnumerable<ConvolutionEpilogue> EpiloguesOf(ConvolutionDirection direction)
    {
        var parts = direction switch
        {
            ConvolutionDirection.Forward => ConvolutionEpilogue.Add | ConvolutionEpilogue.Bias | ConvolutionEpilogue.Relu,
            ConvolutionDirection.BackwardData => ConvolutionEpilogue.Add | ConvolutionEpilogue.Mask,
            _ => ConvolutionEpilogue.Accumulate,
        };
        if (direction != ConvolutionDirection.BackwardData)
        {
            parts |= ConvolutionEpilogue.NarrowParameters;
        }

        for (var bits = 0; bits <= (int)parts; bits++)
        {
            if ((bits & ~(int)parts) == 0)
            {
                yield return (ConvolutionEpilogue)bits;
            }
        }
    }

    /// <summary>The shape with a direction, precision and epilogue.</summary>
    public ConvolutionShape With(
        ConvolutionDirection direction, Precision precision, ConvolutionEpilogue epilogue = ConvolutionEpilogue.None) =>
        new(direction, Images, Height, Width, In, Out, Kernel, Kernel, Stride, Padding, Groups, precision, epilogue);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
