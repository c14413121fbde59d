using System.Runtime.InteropServices;
using Fovea.Backends;
using Fovea.Tensors;

namespace Fovea.Cuda;

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
}
