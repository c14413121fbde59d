namespace Fovea.Cpu;

/// <summary>
/// Work that falls into numbered, independent tasks. What a task computes depends on its number alone, never on the worker.
/// </summary>
internal interface ICpuJob
{
    /// <summary>Does one task. <paramref name="worker"/> is 0 … workers − 1 and owns the workspace of that number.</summary>
    void Execute(int task, int worker);
}

/// <summary>
/// Threads that stay. The caller works along as worker 0. Nothing is allocated for a run (Parallel.For allocates 1.5 kB for each call).
/// </summary>
/// <remarks>
/// Any number of threads may run jobs at the same time. Between them they keep as many processors busy as the pool has workers: a thread
/// that is alone has all helpers, one of several has its share of them, and where there are as many callers as workers each does its tasks
/// by itself, which costs least. A whole detection or training step takes a turn (<see cref="Enter"/>), of which there are as many as
/// workers.
/// </remarks>
internal sealed partial class WorkerPool : IDisposable
{
    private readonly Helper[] helpers;
    private readonly Lock gate = new();

    /// <summary>Helpers without work, chained by <see cref="Helper.Next"/>; those that worked last come first and may still be awake.</summary>
    private Helper? idle;

    /// <summary>Helpers that are not <see cref="idle"/>.</summary>
    private int busy;

    /// <summary>Runs outside any turn. They never wait, so there may be more of them than workers.</summary>
    private int strays;
    private volatile bool disposed;

    public WorkerPool(int workers = 0)
    {
        Workers = workers > 0 ? workers : Environment.ProcessorCount;
        helpers = new Helper[Workers - 1];
        try
        {
            for (var i = helpers.Length - 1; i >= 0; i--)
            {
                var helper = new Helper(i + 1) { Next = idle };
                helper.Thread = new Thread(() => Loop(helper)) { IsBackground = true, Name = $"Fovea worker {helper.Worker}" };
                helper.Thread.Start();
                idle = helpers[i] = helper;
            }
        }
        catch
        {
            // The system gives no more threads: those that have begun go.
            helpers = [.. helpers.OfType<Helper>()];
            Dispose();
            throw;
        }
    }

    /// <summary>The pool that sessions share unless they are given their own.</summary>
    public static WorkerPool Shared { get; } = new();

    public int Workers { get; }

    /// <summary>
    /// Runs tasks 0 … <paramref name="count"/> − 1 and returns when all are done. The first exception of a task is thrown here.
    /// A run inside a task is done by that task's worker.
    /// </summary>
    public void Run<TJob>(int count, ref TJob job)
        where TJob : struct, ICpuJob
    {
        if (count <= 0)
        {
            return;
        }

        ObjectDisposedException.ThrowIf(disposed, this);
        var caller = Caller.OfThisThread;
        var isTurn = caller.Pool == this;
        if (count == 1 || Workers == 1 || caller.IsInTask || (isTurn && Volatile.Read(ref turns) >= Workers))
        {
            RunAlone(count, ref job, caller.Worker);
            return;
        }

        RunShared(count, ref job, caller, isStray: !isTurn);
    }

    public void Dispose()
    {
        lock (gate)
        {
            if (disposed)
            {
                return;
            }

            disposed = true;
        }

        RefuseWaiting();
        foreach (var helper in helpers)
        {
            helper.Gate.Open();
        }

        foreach (var helper in helpers)
        {
            helper.Thread.Join();
        }
    }

    private static void RunAlone<TJob>(int count, ref TJob job, int worker)
        where TJob : struct, ICpuJob
    {
        for (var task = 0; task < count; task++)
        {
            job.Execute(task, worker);
        }
    }

    private void RunShared<TJob>(int count, ref TJob job, Caller caller, bool isStray)
        where TJob : struct, ICpuJob
    {
        var work = PoolWork<TJob>.OfThisThread;
        work.Begin(count, job);
        var taken = Take(work, count - 1, isStray);
        try
        {
            if (taken is null)
            {
                RunAlone(count, ref job, caller.Worker);
                return;
            }

            for (var helper = taken; helper is not null; helper = helper.Next)
            {
                helper.Gate.Open();
            }

            caller.IsInTask = true;
            work.Drain(caller.Worker);
            caller.IsInTask = false;
            work.Finish(Recall(taken, work));
        }
        finally
        {
            work.Clear();
            GiveBack(taken, isStray);
        }

        work.ThrowIfFailed();
    }

    /// <summary>
    /// Gives the work to idle helpers, whose gates are to be opened: at most as many as wanted, as are this caller's share (rounded up, that
    /// no processor is idle), and as leave a processor to each other caller.
    /// </summary>
    private Helper? Take(PoolWork work, int wanted, bool isStray)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            strays += isStray ? 1 : 0;
            var callers = turns + strays;
            var share = ((Workers + callers - 1) / callers) - 1;
            var count = Math.Min(Math.Min(wanted, share), Workers - callers - busy);
            if (count <= 0)
            {
                return null;
            }

            // One that wakes late, for work that was taken back, begins as soon as it sees this.
            work.Share(count);
            var first = idle!;
            var last = first;
            Volatile.Write(ref last.Work, work);
            for (var i = 1; i < count; i++)
            {
                last = last.Next!;
                Volatile.Write(ref last.Work, work);
            }

            (idle, last.Next) = (last.Next, null);
            busy += count;
            return first;
        }
    }

    /// <summary>Takes the work back from helpers that have not begun, for it is done.</summary>
    /// <returns>How many had not.</returns>
    private static int Recall(Helper taken, PoolWork work)
    {
        var count = 0;
        for (var helper = taken; helper is not null; helper = helper.Next)
        {
            count += Interlocked.CompareExchange(ref helper.Work, null, work) == work ? 1 : 0;
        }

        return count;
    }

    private void GiveBack(Helper? taken, bool isStray)
    {
        if (taken is null && !isStray)
        {
            return;
        }

        lock (gate)
        {
            strays -= isStray ? 1 : 0;
            for (var helper = taken; helper is not null; helper = helper.Next)
            {
                busy--;
                if (helper.Next is null)
                {
                    (helper.Next, idle) = (idle, taken);
                    return;
                }
            }
        }
    }

    private void Loop(Helper helper)
    {
        var self = Caller.OfThisThread;
        (self.Worker, self.IsInTask) = (helper.Worker, true);
        while (!disposed)
        {
            // The gate opens for work that has been taken back meanwhile, too, and work may come before its opening.
            helper.Gate.Wait();
            Interlocked.Exchange(ref helper.Work, null)?.Help(helper.Worker);
        }
    }

    /// <summary>A thread of the pool.</summary>
    private sealed class Helper(int worker)
    {
        public int Worker { get; } = worker;

        public Thread Thread { get; set; } = null!;

        public SpinGate Gate { get; } = new();

        /// <summary>The next of a chain: of idle ones, or of those that one caller has taken.</summary>
        public Helper? Next { get; set; }

        /// <summary>What it is to work on. Whoever exchanges it for null, helper or caller, has it.</summary>
        public PoolWork? Work;
    }
}
