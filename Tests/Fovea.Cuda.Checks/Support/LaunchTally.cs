using System.Collections.Concurrent;

namespace Fovea.Cuda.Checks;

/// <summary>A launch as a tally tells launches apart: the kernel, how wide it ran, and its numbers; addresses do not count.</summary>
/// <param name="Kernel">source.variant.kernel.</param>
/// <param name="Grid">Blocks.</param>
/// <param name="Block">Threads of a block.</param>
/// <param name="SharedBytes">Dynamic shared memory.</param>
/// <param name="Numbers">The arguments that are no addresses, as hexadecimal bits; 0 or 1 for an address that is null or not.</param>
internal readonly record struct LaunchForm(string Kernel, Dim3 Grid, Dim3 Block, int SharedBytes, string Numbers);

/// <summary>Counts launches by kernel. Any number of <see cref="CountingDriver"/>s may write into one.</summary>
internal sealed class LaunchTally
{
    private readonly ConcurrentDictionary<LaunchForm, int> launches = new();

    /// <summary>All launches.</summary>
    public long Launches => launches.Values.Sum(n => (long)n);

    /// <summary>Launches that differ in kernel, grid, block, shared memory, numbers, or in which addresses are null.</summary>
    public int Shapes => launches.Count;

    /// <summary>The kernels that were launched, as source.variant.kernel.</summary>
    public IReadOnlySet<string> Kernels => launches.Keys.Select(l => l.Kernel).ToHashSet(StringComparer.Ordinal);

    /// <summary>Counts one.</summary>
    public void Add(LaunchForm launch) => launches.AddOrUpdate(launch, 1, (_, n) => n + 1);
}
