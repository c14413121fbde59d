using Fovea.CompilerServices;
using Fovea.Cpu;

namespace Fovea.Ops;

/// <summary>The pure C# backend: SIMD kernels chosen at start, its own worker pool, the same bits at any thread count.</summary>
internal readonly unsafe partial struct CpuBackend(CpuContext context) : IBackend
{
    private readonly CpuContext context = context;

    /// <inheritdoc cref="IBackend.Tap"/>
    public void Tap(string layer, FeatureMap value) => context.Observe(layer, value);
}
