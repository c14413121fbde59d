namespace Fovea.Cpu;

/// <summary>
/// One thread waits, another opens: exactly one opening for each wait. The waiter spins for some microseconds before it sleeps, because the
/// operators of a network follow each other that closely and waking a thread costs more. Nothing is allocated.
/// </summary>
internal sealed class SpinGate : IDisposable
{
    private const int Closed = 0;
    private const int Opened = 1;
    private const int Sleeping = 2;

    /// <summary>Thread.SpinWait(1) takes about 40 ns: 40 µs in all. On one processor nobody can open while we spin.</summary>
    private static readonly int Spins = Environment.ProcessorCount == 1 ? 0 : 1000;

    private readonly SemaphoreSlim sleep = new(0);
    private int state;

    public void Open()
    {
        if (Interlocked.Exchange(ref state, Opened) == Sleeping)
        {
            sleep.Release();
        }
    }

    public void Wait()
    {
        for (var i = 0; i < Spins && Volatile.Read(ref state) != Opened; i++)
        {
            Thread.SpinWait(1);
        }

        if (Interlocked.CompareExchange(ref state, Sleeping, Closed) == Closed)
        {
            sleep.Wait();
        }

        Volatile.Write(ref state, Closed);
    }

    public void Dispose() => sleep.Dispose();
}
