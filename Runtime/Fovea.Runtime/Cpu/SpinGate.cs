namespace Fovea.Cpu;

/// <summary>
/// One thread waits, others open; openings before the wait count as one. The waiter spins for some microseconds before it sleeps, because
/// the operators of a network follow each other that closely and waking a thread costs more. Nothing is allocated.
/// </summary>
#pragma warning disable CA1001 // A semaphore that is not asked for its handle has nothing to free.
internal sealed class SpinGate(int spins)
#pragma warning restore CA1001
{
    private const int Closed = 0;
    private const int Opened = 1;
    private const int Sleeping = 2;

    /// <summary>Thread.SpinWait(1) takes about 40 ns: 40 µs in all. On one processor nobody can open while we spin.</summary>
    private static readonly int Spins = Environment.ProcessorCount == 1 ? 0 : 1000;

    private readonly SemaphoreSlim sleep = new(0);
    private int state;

    public SpinGate()
        : this(Spins)
    {
    }

    public void Open()
    {
        if (Interlocked.Exchange(ref state, Opened) == Sleeping)
        {
            sleep.Release();
        }
    }

    /// <summary>
    /// Waits for an opening and closes again. What the opener wrote before is seen after, and what is read after the closing is no older
    /// than it: an opening that this wait swallows has told all.
    /// </summary>
    public void Wait()
    {
        for (var i = 0; i < spins && Volatile.Read(ref state) != Opened; i++)
        {
            Thread.SpinWait(1);
        }

        if (Interlocked.CompareExchange(ref state, Sleeping, Closed) == Closed)
        {
            Sleep();
        }

        Interlocked.Exchange(ref state, Closed);
    }

    /// <summary>An interrupt must not part a caller from the workers that use its memory: it comes when the wait is over.</summary>
    private void Sleep()
    {
        var interrupted = false;
        for (var awake = false; !awake;)
        {
            try
            {
                sleep.Wait();
                awake = true;
            }
            catch (ThreadInterruptedException)
            {
                interrupted = true;
            }
        }

        if (interrupted)
        {
            Thread.CurrentThread.Interrupt();
        }
    }
}
