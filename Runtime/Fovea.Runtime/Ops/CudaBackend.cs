using System.Runtime.InteropServices;
using Fovea.Backends;
using Fovea.Cuda;
using Fovea.Detection;
using Fovea.Tensors;

namespace Fovea.Ops;

/// <summary>
/// The CUDA backend: cuDNN's convolutions where they fit, kernels of our own for everything else, in the order of the calls wherever
/// one needs another's result.
/// </summary>
internal readonly unsafe partial struct CudaBackend(CudaContext context) : IBackend
{
    private readonly CudaContext context = context;

    /// <inheritdoc cref="Backends.IBackend.Write(FeatureMap, ReadOnlySpan{float})"/>
    public void Write(FeatureMap map, ReadOnlySpan<float> source) => WriteValues(map, source);

    /// <inheritdoc cref="Backends.IBackend.Read(FeatureMap, Span{float})"/>
    public void Read(FeatureMap map, Span<float> destination) => ReadValues(map, destination);

    /// <inheritdoc cref="Backends.IBackend.Write(long, ReadOnlySpan{float})"/>
    public void Write(long offset, ReadOnlySpan<float> source) =>
        Upload(context.Floats(offset).Address, MemoryMarshal.AsBytes(source));

    /// <inheritdoc cref="Backends.IBackend.Write(long, ReadOnlySpan{int})"/>
    public void Write(long offset, ReadOnlySpan<int> source) =>
        Upload(context.Ints(offset).Address, MemoryMarshal.AsBytes(source));

    /// <inheritdoc cref="Backends.IBackend.Read(long, Span{float})"/>
    public void Read(long offset, Span<float> destination)
    {
        fixed (float* p = destination)
        {
            context.Driver.CopyToHost((nint)p, context.Floats(offset).Address, destination.Length * 4L, context.Stream);
            context.Driver.SynchronizeStream(context.Stream);
        }
    }

    /// <inheritdoc cref="Backends.IBackend.Read(long, Span{int})"/>
    public void Read(long offset, Span<int> destination)
    {
        fixed (int* p = destination)
        {
            context.Driver.CopyToHost((nint)p, context.Ints(offset).Address, destination.Length * 4L, context.Stream);
            context.Driver.SynchronizeStream(context.Stream);
        }
    }

    /// <inheritdoc cref="Backends.IBackend.Tap"/>
    public void Tap(string layer, FeatureMap value) => context.Observe(layer, value);

    /// <summary>A launch over packs of channels of a map's cells: the grid's y is the image, whose packs are counted in 32 bits.</summary>
    private LaunchShape CellsOf(FeatureMap map)
    {
        var lanes = 16 / KernelVariant.BytesOf(context.Kernels.Precision);
        var packs = map.Channels % lanes == 0 ? map.Channels / lanes : map.Channels;
        var items = checked(map.Height * map.Width * packs);
        var blocks = context.Spread(items).Grid.X;
        return context.Shape(new Dim3(blocks, map.Images), 256);
    }

    /// <summary>A level of an operand that may be absent.</summary>
    private static FeatureMap At(PyramidMap map, int level) => map.IsEmpty ? default : map[level];

    private const int LossThreads = 256;

    /// <summary>A double for each block, in the workspace.</summary>
    private DevicePointer<double> Partials(in LaunchShape shape) => new(context.Workspace(shape.Grid.Count * sizeof(double)));

    private void Total(DevicePointer<double> partials, in LaunchShape shape, LossTerm loss) =>
        context.Kernels.LossTotal.Launch(context.Shape(1, LossThreads), partials, (int)shape.Grid.Count, context.Floats(loss.Offset));
}
