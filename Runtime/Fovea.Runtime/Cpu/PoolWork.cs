using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Fovea.Cpu;

/// <summary>One run of a <see cref="WorkerPool"/>, as its helpers see it: the tasks that are left, and who is still at work.</summary>
internal abstract class PoolWork
{
    private readonly SpinGate finished = new();
    private Counters counters;
    private Exception? failure;

    /// <summary>Says how many helpers have been given the work. Before any of them can begin.</summary>
    public void Share(int helpers) => counters.Pending = helpers + 1;

    /// <summary>A helper's part.</summary>
    public void Help(int worker)
    {
        Drain(worker);
        if (Interlocked.Decrement(ref counters.Pending) == 0)
        {
            finished.Open();
        }
    }

    /// <summary>Does tasks until none is left.</summary>
    public void Drain(int worker)
    {
        try
        {
            Execute(ref counters.Next, worker);
        }
        catch (Exception e)
        {
            // Whatever it was, the run ends as every run does, and the caller gets it: a pool that a worker has left behind would hang.
            Interlocked.CompareExchange(ref failure, e, null);
            Volatile.Write(ref counters.Next, int.MaxValue / 2);
        }
    }

    /// <summary>Waits for the helpers at work; some have never begun and will not.</summary>
    public void Finish(int absent)
    {
        if (Interlocked.Add(ref counters.Pending, -absent - 1) > 0)
        {
            finished.Wait();
        }
    }

    public void ThrowIfFailed()
    {
        if (failure is { } e)
        {
            failure = null;
            ExceptionDispatchInfo.Throw(e);
        }
    }

    /// <summary>Does tasks; <paramref name="next"/> is the last that was begun.</summary>
    protected abstract void Execute(ref int next, int worker);

    protected void Reset() => counters.Next = -1;

    /// <summary>What all workers write to, two cache lines away from what they only read.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Counters
    {
        [FieldOffset(128)]
        public int Next;

        /// <summary>The caller and the helpers that have not finished; whoever makes it 0 is the last.</summary>
        [FieldOffset(132)]
        public int Pending;
    }
}

/// <summary>Keeps the struct job where all workers see it; one for each calling thread and job type, made once.</summary>
internal sealed class PoolWork<TJob> : PoolWork
    where TJob : struct, ICpuJob
{
    [ThreadStatic]
    private static PoolWork<TJob>? instance;

    private TJob job;
    private int count;

    public static PoolWork<TJob> OfThisThread => instance ??= new PoolWork<TJob>();

    public void Begin(int tasks, in TJob work)
    {
        Reset();
        (count, job) = (tasks, work);
    }

    /// <summary>Lets go of what the job refers to.</summary>
    public void Clear() => job = default;

    protected override void Execute(ref int next, int worker)
    {
        int task;
        while ((task = Interlocked.Increment(ref next)) < count)
        {
            job.Execute(task, worker);
        }
    }
}
