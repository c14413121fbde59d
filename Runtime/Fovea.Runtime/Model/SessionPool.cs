using Fovea.Devices;

namespace Fovea.Model;

/// <summary>
/// Idle sessions by batch and canvas. A caller that finds none makes one, so that as many sessions come to be as threads detect at the
/// same time. Where canvases vary, the least recently used are freed, by number and by memory.
/// </summary>
/// <param name="model">The weights.</param>
/// <param name="minIdleElements">Elements of the idle sessions' arenas together that are kept in any case.</param>
internal sealed class SessionPool(DeviceModel model, long minIdleElements = SessionPool.MinIdleElements) : IDisposable
{
    /// <summary>
    /// Enough for a few canvases; each keeps an arena. Where more callers than this have detected at once, so many are kept: freeing and
    /// making one for each detection would cost more than the detection.
    /// </summary>
    public const int MaxIdle = 8;

    /// <summary>
    /// 1 GiB of float32. Large canvases that vary would else hold eight times what one
    /// of them takes.
    /// </summary>
    private const long MinIdleElements = 1L << 28;

    private readonly List<DetectionWorker> idle = new(MaxIdle + 1);
    private readonly Lock gate = new();
    private int rented;
    private int mostRented;
    private long largest;
    private long idleElements;
    private bool disposed;

    /// <summary>Elements of the idle sessions' arenas together.</summary>
    public long IdleElements => Interlocked.Read(ref idleElements);

    public DetectionWorker Rent(int images, int height, int width)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            mostRented = Math.Max(mostRented, ++rented);
            for (var i = idle.Count - 1; i >= 0; i--)
            {
                var worker = idle[i];
                if (worker.Session.Images == images && worker.Session.Height == height && worker.Session.Width == width)
                {
                    return TakeAt(i);
                }
            }
        }

        try
        {
            var plan = InferenceSession.PlanFor(model, images, height, width);
            MakeRoom(plan.ArenaLength);
            return new DetectionWorker(model, plan);
        }
        catch
        {
            lock (gate)
            {
                rented--;
            }

            throw;
        }
    }

    public void Return(DetectionWorker worker)
    {
        lock (gate)
        {
            rented--;
            if (!disposed)
            {
                idle.Add(worker);
                idleElements += worker.Session.Plan.ArenaLength;
                worker = null!;
            }
        }

        worker?.Dispose();
        MakeRoom(0);
    }

    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
        }

        while (TakeSurplus(0) is { } worker)
        {
            worker.Dispose();
        }
    }

    /// <summary>Frees the least recently used until there is room for an arena of this length beside the others.</summary>
    private void MakeRoom(long length)
    {
        while (TakeSurplus(length) is { } worker)
        {
            worker.Dispose();
        }
    }

    /// <summary>The least recently used of the idle sessions, where they are too many or their arenas too long.</summary>
    private DetectionWorker? TakeSurplus(long length)
    {
        lock (gate)
        {
            largest = Math.Max(largest, length);
            var elements = length + idleElements;
            // As many of the largest as have been at work at once have found memory once.
            var isSurplus = disposed || idle.Count > Math.Max(MaxIdle, mostRented) || elements > Math.Max(minIdleElements, mostRented * largest);
            if (!isSurplus || idle.Count == 0)
            {
                return null;
            }

            return TakeAt(0);
        }
    }

    private DetectionWorker TakeAt(int index)
    {
        var worker = idle[index];
        idle.RemoveAt(index);
        idleElements -= worker.Session.Plan.ArenaLength;
        return worker;
    }
}
