using Fovea.Devices;

namespace Fovea.Model;

/// <summary>
/// Idle sessions by batch and canvas. A caller that finds none makes one, so that as many sessions come to be as threads detect at the
/// same time. Where canvases vary, the least recently used are freed.
/// </summary>
internal sealed class SessionPool(DeviceModel model) : IDisposable
{
    /// <summary>
    /// Enough for a few canvases; each keeps an arena. Where more callers than this have detected at once, so many are kept: freeing and
    /// making one for each detection would cost more than the detection.
    /// </summary>
    public const int MaxIdle = 8;

    private readonly List<DetectionWorker> idle = new(MaxIdle + 1);
    private readonly Lock gate = new();
    private int rented;
    private int mostRented;
    private bool disposed;

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
                    idle.RemoveAt(i);
                    return worker;
                }
            }
        }

        try
        {
            return new DetectionWorker(model, images, height, width);
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
        DetectionWorker? surplus = worker;
        lock (gate)
        {
            rented--;
            if (!disposed)
            {
                idle.Add(worker);
                surplus = idle.Count > Math.Max(MaxIdle, mostRented) ? idle[0] : null;
                if (surplus is not null)
                {
                    idle.RemoveAt(0);
                }
            }
        }

        surplus?.Dispose();
    }

    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            foreach (var worker in idle)
            {
                worker.Dispose();
            }

            idle.Clear();
        }
    }
}
