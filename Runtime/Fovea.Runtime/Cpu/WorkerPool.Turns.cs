namespace Fovea.Cpu;

/// <content>
/// Turns: a detection or training step takes one for all of its operators, so that at most as many are under way as there are workers and
/// their operators do not push each other's activations out of the caches. Who comes first has the next turn; none is overtaken.
/// <para>
/// Nothing can wait in a circle: only a thread that has no turn waits for one; who has a turn waits for none but workers at its own tasks
/// and a lock held while weights are packed, whose owner never waits; and users' code runs outside of turns (<see cref="StepOut"/>).
/// </para>
/// </content>
internal sealed partial class WorkerPool
{
    /// <summary>Callers that have a turn.</summary>
    private int turns;
    private Caller? firstWaiting;
    private Caller? lastWaiting;

    /// <summary>
    /// Waits for a turn, which ends with the returned value's disposal on the same thread. Inside a turn this is nothing.
    /// </summary>
    public Turn Enter()
    {
        var caller = Caller.OfThisThread;
        if (caller.Pool is not null || caller.IsInTask)
        {
            return default;
        }

        TakeTurn(caller);
        return new Turn(this);
    }

    /// <summary>Ends this thread's turn for a while, if it has one: for calls of code that may wait for anything.</summary>
    /// <returns>Whether it had one, and <see cref="StepIn"/> must follow.</returns>
    public bool StepOut()
    {
        var had = Caller.OfThisThread.Pool == this;
        Leave();
        return had;
    }

    /// <summary>Waits for a turn again.</summary>
    public void StepIn() => TakeTurn(Caller.OfThisThread);

    private void TakeTurn(Caller caller)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (turns < Workers)
            {
                turns++;
                caller.Pool = this;
                return;
            }

            if (lastWaiting is null)
            {
                firstWaiting = caller;
            }
            else
            {
                lastWaiting.Next = caller;
            }

            lastWaiting = caller;
        }

        // Not even a little spinning: a turn is long against waking up, and others have all processors.
        caller.Gate.Wait();
        ObjectDisposedException.ThrowIf(caller.Pool is null, this);
    }

    private void Leave()
    {
        var caller = Caller.OfThisThread;
        if (caller.Pool != this)
        {
            return;
        }

        Caller? next;
        lock (gate)
        {
            caller.Pool = null;
            next = firstWaiting;
            if (next is null)
            {
                turns--;
                return;
            }

            Dequeue(next);
            next.Pool = this;
        }

        next.Gate.Open();
    }

    private void Dequeue(Caller first)
    {
        (firstWaiting, first.Next) = (first.Next, null);
        lastWaiting = firstWaiting is null ? null : lastWaiting;
    }

    /// <summary>The pool is closed: those who wait get an exception.</summary>
    private void RefuseWaiting()
    {
        while (true)
        {
            Caller? next;
            lock (gate)
            {
                next = firstWaiting;
                if (next is null)
                {
                    return;
                }

                Dequeue(next);
            }

            next.Gate.Open();
        }
    }

    /// <summary>A turn; disposing of it ends it.</summary>
    public readonly ref struct Turn(WorkerPool? pool)
    {
        public void Dispose() => pool?.Leave();
    }

    /// <summary>What a thread is to pools.</summary>
    private sealed class Caller
    {
        [ThreadStatic]
        private static Caller? instance;

        public static Caller OfThisThread => instance ??= new Caller();

        /// <summary>The pool in which it has a turn.</summary>
        public WorkerPool? Pool { get; set; }

        /// <summary>Its number as a worker: 0, but for helpers.</summary>
        public int Worker { get; set; }

        /// <summary>Whether it is at a task with helpers beside it, or is a helper.</summary>
        public bool IsInTask { get; set; }

        /// <summary>Opens when it has a turn, or the pool is closed.</summary>
        public SpinGate Gate { get; } = new(spins: 0);

        /// <summary>Who waits behind it.</summary>
        public Caller? Next { get; set; }
    }
}
