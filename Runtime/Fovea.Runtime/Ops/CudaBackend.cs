using Fovea.CompilerServices;
using Fovea.Cuda;
using Fovea.Ops.Conv;

namespace Fovea.Ops;

/// <summary>
/// The CUDA backend: cuDNN's convolutions where they fit, kernels of our own for everything else, in the order of the calls wherever
/// one needs another's result.
/// </summary>
/// <param name="context">The session's memory and streams.</param>
/// <param name="convolutions">Who convolves; it belongs to whoever made it.</param>
internal readonly unsafe partial struct CudaBackend(CudaContext context, ConvolutionEngine convolutions) : IBackend
{
    private readonly CudaContext context = context;
    private readonly ConvolutionEngine convolutions = convolutions;

    /// <summary>All by kernels of our own.</summary>
    public CudaBackend(CudaContext context)
        : this(context, new ConvolutionEngine(context, null))
    {
    }

    /// <inheritdoc cref="IBackend.Tap"/>
    public void Tap(string layer, FeatureMap value) => context.Observe(layer, value);

    /// <summary>A level of an operand that may be absent.</summary>
    private static FeatureMap At(PyramidMap map, int level) => map.IsEmpty ? default : map[level];

    private const int LossThreads = 256;

    /// <summary>A double for each block, in the workspace.</summary>
    private DevicePointer<double> Partials(in LaunchShape shape) => new(context.Workspace(shape.Grid.Count * sizeof(double)));

    private void Total(DevicePointer<double> partials, in LaunchShape shape, LossTerm loss) =>
        context.Kernels.LossTotal.Launch(context.Shape(1, LossThreads), partials, (int)shape.Grid.Count, context.Floats(loss.Offset));
}
