namespace Fovea.AspNetCore.Serving;

/// <summary>
/// Who may come in and who may work: uploads are taken from as many requests as there are places and waiting ones together, so that memory is
/// bounded; pictures are decoded and detected in at the places alone. Who waits holds no thread, and the first to wait is the first to work.
/// </summary>
/// <param name="places">Working at the same time.</param>
/// <param name="queue">Admitted beside them.</param>
internal sealed class WorkPlaces(int places, int queue) : IDisposable
{
    private readonly SemaphoreSlim free = new(places);
    private int admitted;

    /// <summary>Requests that may be in at the same time.</summary>
    public int Capacity { get; } = (int)Math.Min(int.MaxValue, (long)places + queue);

    /// <summary>Requests that are in.</summary>
    public int Admitted => Volatile.Read(ref admitted);

    /// <summary>Lets a request in, unless all is full; who is in ends it by <see cref="Leave"/>.</summary>
    public bool TryAdmit()
    {
        if (Interlocked.Increment(ref admitted) <= Capacity)
        {
            return true;
        }

        Leave();
        return false;
    }

    /// <summary>A request is answered.</summary>
    public void Leave() => Interlocked.Decrement(ref admitted);

    /// <summary>Waits for a place, which <see cref="Release"/> gives back.</summary>
    public Task TakeAsync(CancellationToken cancellation) => free.WaitAsync(cancellation);

    /// <summary>Gives a place to the next.</summary>
    public void Release() => free.Release();

    public void Dispose() => free.Dispose();
}
