using Fovea.Backends;
using Fovea.Cpu;
using Fovea.Detection;
using Fovea.Ops.BoxLoss;
using Fovea.Ops.FocalLoss;
using Fovea.Tensors;

namespace Fovea.Ops;

/// <summary>The pure C# backend: SIMD kernels chosen at start, its own worker pool, the same bits at any thread count.</summary>
internal readonly unsafe partial struct CpuBackend(CpuContext context) : IBackend
{
    private readonly CpuContext context = context;

    /// <inheritdoc cref="Backends.IBackend.Write(FeatureMap, ReadOnlySpan{float})"/>
    public void Write(FeatureMap map, ReadOnlySpan<float> source) => Write(map.Offset, source);

    /// <inheritdoc cref="Backends.IBackend.Read(FeatureMap, Span{float})"/>
    public void Read(FeatureMap map, Span<float> destination) => Read(map.Offset, destination);

    /// <inheritdoc cref="Backends.IBackend.Write(long, ReadOnlySpan{float})"/>
    public void Write(long offset, ReadOnlySpan<float> source) => source.CopyTo(new Span<float>(context.At(offset), source.Length));

    /// <inheritdoc cref="Backends.IBackend.Write(long, ReadOnlySpan{int})"/>
    public void Write(long offset, ReadOnlySpan<int> source) => source.CopyTo(new Span<int>(context.At(offset), source.Length));

    /// <inheritdoc cref="Backends.IBackend.Read(long, Span{float})"/>
    public void Read(long offset, Span<float> destination) => new ReadOnlySpan<float>(context.At(offset), destination.Length).CopyTo(destination);

    /// <inheritdoc cref="Backends.IBackend.Read(long, Span{int})"/>
    public void Read(long offset, Span<int> destination) => new ReadOnlySpan<int>(context.At(offset), destination.Length).CopyTo(destination);

    /// <inheritdoc cref="Backends.IBackend.Tap"/>
    public void Tap(string layer, FeatureMap value) => context.Observe(layer, value);
}
