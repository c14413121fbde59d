using Fovea.Devices;

namespace Fovea.Model;

/// <summary>
/// Idle sessions by batch and canvas. A caller that finds none makes one, so that as many sessions come to be as threads detect at the
/// same time.
/// Where canvases vary, the least recently used are freed.
/// </summary>
internal sealed class SessionPool(DeviceModel model) : IDisposable
{
    /// <summary>Enough for a few threads or canvases; each keeps an arena.</summary>
    public const int MaxIdle = 8;

    private readonly List<DetectionWorker> idle = new(MaxIdle + 1);
    private readonly Lock gate = new();
    private bool disposed;

    public DetectionWorker Rent(int images, int height, int width)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
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

        return new DetectionWorker(model, images, height, width);
    }

    public void Return(DetectionWorker worker)
    {
        DetectionWorker? surplus = worker;
        lock (gate)
        {
            if (!disposed)
            {
                idle.Add(worker);
                surplus = idle.Count > MaxIdle ? idle[0] : null;
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
