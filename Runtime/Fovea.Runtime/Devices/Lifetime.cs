namespace Fovea.Devices;

/// <summary>
/// Keeps memory until nobody is at work with it. Every public entry takes a use; disposal closes the door, waits for the uses that have
/// begun and frees; later uses get <see cref="ObjectDisposedException"/>. A use costs two interlocked operations and allocates nothing.
/// </summary>
/// <remarks>
/// A thread that disposes in the middle of a use (in an observer, in what is done meanwhile) cannot wait for itself: then the last use
/// frees, when it ends. Nor does such a thread wait for others', which may wait for it.
/// </remarks>
/// <param name="owner">What is disposed of, as the exception calls it.</param>
/// <param name="free">Called once, when it is closed and no use is left.</param>
internal sealed class Lifetime(string owner, Action free)
{
    /// <summary>The sign: closed. The rest counts uses.</summary>
    private const int Closed = int.MinValue;

    /// <summary>Uses, of whatever, that this thread is in.</summary>
    [ThreadStatic]
    private static int depth;

    private readonly object gate = new();
    private int state;
    private bool isFreed;
    private int isFreeing;

    /// <summary>Whether this thread is at work with something that has a lifetime.</summary>
    public static bool IsInUse => depth > 0;

    /// <summary>Begins a use, which the same thread ends with <see cref="Exit"/>.</summary>
    /// <exception cref="ObjectDisposedException">It is disposed of.</exception>
    public void Enter()
    {
        if (!TryEnter())
        {
            throw Refusal();
        }
    }

    /// <summary>Begins a use, unless it is disposed of.</summary>
    public bool TryEnter()
    {
        if (!TryHold())
        {
            return false;
        }

        depth++;
        return true;
    }

    /// <summary>As <see cref="TryEnter"/>, for who never waits in it for others: until <see cref="Release"/>, on any thread.</summary>
    public bool TryHold()
    {
        if (Interlocked.Increment(ref state) > 0)
        {
            return true;
        }

        Release();
        return false;
    }

    /// <summary>Ends a hold.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref state) == Closed)
        {
            Free();
        }
    }

    /// <summary>Ends a use.</summary>
    public void Exit()
    {
        depth--;
        Release();
    }

    /// <summary>A use as long as the value lives.</summary>
    public LifetimeUse Use()
    {
        Enter();
        return new LifetimeUse(this, null);
    }

    /// <summary>Closes, waits for the uses that have begun, frees; does nothing but wait where another has closed it.</summary>
    public void Close()
    {
        if (Interlocked.Or(ref state, Closed) == 0)
        {
            Free();
        }

        Wait();
    }

    /// <summary>Waits until it is freed, unless this thread is in a use: then it may be what is waited for.</summary>
    public void Wait()
    {
        if (IsInUse)
        {
            return;
        }

        lock (gate)
        {
            while (!isFreed)
            {
                Monitor.Wait(gate);
            }
        }
    }

    /// <summary>What a later use gets.</summary>
    public ObjectDisposedException Refusal() => new(owner);

    private void Free()
    {
        // A use that is refused counts for a moment, too, and may be the last again.
        if (Interlocked.Exchange(ref isFreeing, 1) != 0)
        {
            return;
        }

        try
        {
            free();
        }
        finally
        {
            lock (gate)
            {
                isFreed = true;
                Monitor.PulseAll(gate);
            }
        }
    }
}

/// <summary>A use of one lifetime or of two; disposing of it ends it, on the same thread.</summary>
internal readonly ref struct LifetimeUse(Lifetime inner, Lifetime? outer)
{
    public void Dispose()
    {
        inner.Exit();
        outer?.Exit();
    }
}
