namespace Fovea.Cuda.Cudnn;

/// <summary>A convolution with its epilogue as a completed operation graph, and the tensors that a run must supply.</summary>
internal sealed class ConvolutionGraph : IDisposable
{
    private readonly List<CudnnDescriptor> parts;

    /// <summary>Takes over the descriptors.</summary>
    /// <param name="shape">What it computes.</param>
    /// <param name="operands">The tensors that are not virtual, in the order of their ids.</param>
    /// <param name="parts">Every descriptor, in the order of creation; the last is the operation graph.</param>
    public ConvolutionGraph(ConvolutionShape shape, ConvolutionOperand[] operands, List<CudnnDescriptor> parts)
    {
        Shape = shape;
        Operands = operands;
        this.parts = parts;
    }

    /// <summary>What it computes.</summary>
    public ConvolutionShape Shape { get; }

    /// <summary>The tensors that a run supplies.</summary>
    public ConvolutionOperand[] Operands { get; }

    /// <summary>The operation graph.</summary>
    public CudnnDescriptor OperationGraph => parts[^1];

    /// <inheritdoc/>
    public void Dispose()
    {
        for (var i = parts.Count - 1; i >= 0; i--)
        {
            parts[i].Dispose();
        }

        parts.Clear();
    }
}
