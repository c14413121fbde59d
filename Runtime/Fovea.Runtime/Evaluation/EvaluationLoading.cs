using Fovea.Data;

namespace Fovea;

/// <summary>
/// How evaluations read pictures. Keep one for several evaluations of the same data set, and what it has decoded need not be decoded again:
/// so a training measures after each epoch.
/// </summary>
public sealed class EvaluationLoading
{
    private readonly Lock gate = new();
    private WeakReference? known;
    private ImageCache cache;

    /// <param name="threads">Threads that decode and resize beside the detection, 1 … 256.</param>
    /// <param name="cacheBytes">Memory for decoded pictures; 0 keeps none, as is right for one evaluation.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of them is out of range.</exception>
    public EvaluationLoading(int threads = 1, long cacheBytes = 0)
    {
        if (threads is < 1 or > LoaderOptions.MostThreads)
        {
            throw new ArgumentOutOfRangeException(
                nameof(threads), $"Threads that decode: expected 1 … {LoaderOptions.MostThreads}, found {threads}.");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(cacheBytes);
        (Threads, CacheBytes) = (threads, cacheBytes);
        cache = new ImageCache(cacheBytes);
    }

    /// <summary>Threads that decode and resize beside the detection.</summary>
    public int Threads { get; }

    /// <summary>Memory for decoded pictures, in bytes.</summary>
    public long CacheBytes { get; }

    /// <summary>The pictures of a data set; those of another one are given up.</summary>
    internal ImageCache CacheOf(object dataset)
    {
        lock (gate)
        {
            if (!ReferenceEquals(known?.Target, dataset))
            {
                (known, cache) = (new WeakReference(dataset), new ImageCache(CacheBytes));
            }

            return cache;
        }
    }
}
