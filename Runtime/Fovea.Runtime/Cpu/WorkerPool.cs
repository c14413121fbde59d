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
/// Runs of one pool are serial: a second caller waits.
/// </summary>
internal sealed class WorkerPool : IDisposable
{
    private readonly Thread[] threads;
    private readonly SpinGate[] start;
    private readonly SpinGate finished = new();
    private readonly Lock gate = new();
    private Runner? runner;
    private int next;
    private int tasks;
    private int active;
    private volatile bool disposed;
    private Exception? failure;

    public WorkerPool(int workers = 0)
    {
        Workers = workers > 0 ? workers : Environment.ProcessorCount;
        threads = new Thread[Workers - 1];
        start = new SpinGate[Workers - 1];
        for (var i = 0; i < threads.Length; i++)
        {
            var worker = i + 1;
            start[i] = new SpinGate();
            threads[i] = new Thread(() => Loop(worker)) { IsBackground = true, Name = $"Fovea worker {worker}" };
            threads[i].Start();
        }
    }

    /// <summary>The pool that sessions share unless they are given their own.</summary>
    public static WorkerPool Shared { get; } = new();

    public int Workers { get; }

    /// <summary>
    /// Runs tasks 0 … <paramref name="count"/> − 1 and returns when all are done. The first exception of a task is thrown here.
    /// </summary>
    public void Run<TJob>(int count, ref TJob job)
        where TJob : struct, ICpuJob
    {
        if (count <= 0)
        {
            return;
        }

        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (count == 1 || Workers == 1)
            {
                for (var task = 0; task < count; task++)
                {
                    job.Execute(task, 0);
                }

                return;
            }

            RunParallel(count, ref job);
        }
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
            foreach (var s in start)
            {
                s.Open();
            }
        }

        foreach (var t in threads)
        {
            t.Join();
        }

        foreach (var s in start)
        {
            s.Dispose();
        }

        finished.Dispose();
    }

    private void RunParallel<TJob>(int count, ref TJob job)
        where TJob : struct, ICpuJob
    {
        var holder = Holder<TJob>.ForThisThread;
        holder.Job = job;
        runner = holder;
        failure = null;
        next = -1;
        tasks = count;
        var helpers = Math.Min(threads.Length, count - 1);
        active = helpers;
        for (var i = 0; i < helpers; i++)
        {
            start[i].Open();
        }

        Drain(0);
        finished.Wait();
        holder.Job = default;
        runner = null;
        if (failure is { } e)
        {
            failure = null;
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e);
        }
    }

    private void Loop(int worker)
    {
        while (true)
        {
            start[worker - 1].Wait();
            if (disposed)
            {
                return;
            }

            Drain(worker);
            if (Interlocked.Decrement(ref active) == 0)
            {
                finished.Open();
            }
        }
    }

    private void Drain(int worker)
    {
        try
        {
            runner!.Drain(this, worker);
        }
        catch (Exception e)
        {
            // Whatever it was, the run ends as every run does, and the caller gets it: a pool that a worker has left behind would hang.
            Interlocked.CompareExchange(ref failure, e, null);
            Volatile.Write(ref next, int.MaxValue / 2);
        }
    }

    private abstract class Runner
    {
        public abstract void Drain(WorkerPool pool, int worker);
    }

    /// <summary>Keeps the struct job where all workers see it; one for each calling thread and job type, made once.</summary>
    private sealed class Holder<TJob> : Runner
        where TJob : struct, ICpuJob
    {
        [ThreadStatic]
        private static Holder<TJob>? instance;

        public TJob Job;

        public static Holder<TJob> ForThisThread => instance ??= new Holder<TJob>();

        public override void Drain(WorkerPool pool, int worker)
        {
            int task;
            while ((task = Interlocked.Increment(ref pool.next)) < pool.tasks)
            {
                Job.Execute(task, worker);
            }
        }
    }
}
