namespace Fovea.Cuda;

/// <summary>
/// The kernels started last. A kernel's fault shows at a later call, which knows nothing of it; this is what the message then tells.
/// Writing takes no lock: two threads may lose an entry to each other, which costs a name in a message.
/// </summary>
internal sealed class LaunchTrace
{
    private const int Length = 4;

    private readonly object?[] ring = new object?[Length];
    private uint next;

    /// <summary>Notes a kernel.</summary>
    public void Add(KernelSignature kernel) => ring[next++ % Length] = kernel;

    /// <summary>Notes a captured graph by its number.</summary>
    public void AddGraph(string graph) => ring[next++ % Length] = graph;

    /// <summary>Everything has ended well.</summary>
    public void Clear() => Array.Clear(ring);

    /// <summary>Oldest first; empty when nothing was started since the last time that everything had ended.</summary>
    public override string ToString() =>
        string.Join(", ", Enumerable.Range(0, Length).Select(i => ring[(next + (uint)i) % Length]).Where(entry => entry is not null));
}
