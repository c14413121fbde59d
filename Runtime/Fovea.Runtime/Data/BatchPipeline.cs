using System.Runtime.ExceptionServices;
using Fovea.Imaging;

namespace Fovea.Data;

/// <summary>
/// Threads that make batches ahead of their use, handed out in order. A thread takes the next number only together with a free batch, and
/// the reader holds one batch
/// at the most: the oldest number not yet handed out therefore always has a batch, and nothing waits for ever.
/// </summary>
internal sealed class BatchPipeline : IDisposable
{
    private readonly object gate = new();
    private readonly Thread[] threads;
    private readonly Stack<Batch> free = new();
    private readonly Action<Batch, int[], int, CanvasWriter> fill;
    private Run? current;
    private bool disposed;

    public BatchPipeline(int threads, int prefetch, Func<CanvasWriter> writer, Action<Batch, int[], int, CanvasWriter> fill)
    {
        this.fill = fill;
        for (var i = 0; i < prefetch + 1; i++)
        {
            free.Push(new Batch());
        }

        this.threads = new Thread[threads];
        for (var i = 0; i < threads; i++)
        {
            this.threads[i] = new Thread(() => Work(writer())) { IsBackground = true, Name = $"Fovea loader {i}" };
            this.threads[i].Start();
        }
    }

    /// <summary>Begins an epoch, at its batch number <paramref name="first"/>.</summary>
    public Run Start(List<int[]> batches, int epoch, int first)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (current is not null)
            {
                throw new InvalidOperationException("This loader's epoch is still being read; leave its loop before starting another one.");
            }

            current = new Run(batches, epoch) { Next = first };
            Monitor.PulseAll(gate);
            return current;
        }
    }

    /// <summary>Waits for batch number <paramref name="index"/>; a cancelled reader gets none, not even one that is ready.</summary>
    public Batch Take(Run run, int index, CancellationToken cancellation)
    {
        using var wake = cancellation.UnsafeRegister(static s => { lock (s!) { Monitor.PulseAll(s); } }, gate);
        lock (gate)
        {
            cancellation.ThrowIfCancellationRequested();
            while (run.Ready[index] is null)
            {
                ObjectDisposedException.ThrowIf(disposed, this);
                Monitor.Wait(gate);
                cancellation.ThrowIfCancellationRequested();
            }

            var result = run.Ready[index]!;
            run.Ready[index] = null;
            if (result is ExceptionDispatchInfo failure)
            {
                failure.Throw();
            }

            return (Batch)result;
        }
    }

    /// <summary>Whether <see cref="Take"/> would return, or throw, at once.</summary>
    public bool IsReady(Run run, int index)
    {
        lock (gate)
        {
            return index >= run.Ready.Length || run.Ready[index] is not null;
        }
    }

    /// <summary>Gives a batch back.</summary>
    public void Return(Batch batch)
    {
        lock (gate)
        {
            free.Push(batch);
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Ends an epoch, read to its end or not.</summary>
    public void Stop(Run run)
    {
        lock (gate)
        {
            run.Stopped = true;
            current = current == run ? null : current;
            foreach (var ready in run.Ready)
            {
                if (ready is Batch batch)
                {
                    free.Push(batch);
                }
            }

            Array.Clear(run.Ready);
            Monitor.PulseAll(gate);
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            Monitor.PulseAll(gate);
        }

        foreach (var thread in threads)
        {
            thread.Join();
        }
    }

    private void Work(CanvasWriter writer)
    {
        while (TryClaim(out var run, out var index, out var batch))
        {
            ExceptionDispatchInfo? failure = null;
            try
            {
                fill(batch, run.Batches[index], run.Epoch, writer);
            }
            catch (Exception e)
            {
                // Thrown again where the batch is asked for: the reader has to know, whatever it is.
                failure = ExceptionDispatchInfo.Capture(e);
            }

            Deliver(run, index, batch, failure);
        }
    }

    private bool TryClaim(out Run run, out int index, out Batch batch)
    {
        lock (gate)
        {
            while (!disposed)
            {
                if (current is { } now && now.Next < now.Batches.Count && free.Count > 0)
                {
                    (run, index, batch) = (now, now.Next++, free.Pop());
                    return true;
                }

                Monitor.Wait(gate);
            }
        }

        (run, index, batch) = (null!, 0, null!);
        return false;
    }

    private void Deliver(Run run, int index, Batch batch, ExceptionDispatchInfo? failure)
    {
        lock (gate)
        {
            if (run.Stopped || failure is not null)
            {
                free.Push(batch);
            }

            if (!run.Stopped)
            {
                run.Ready[index] = failure is null ? batch : failure;
            }

            Monitor.PulseAll(gate);
        }
    }

    /// <summary>An epoch being read.</summary>
    internal sealed class Run(List<int[]> batches, int epoch)
    {
        public List<int[]> Batches { get; } = batches;

        public int Epoch { get; } = epoch;

        public object?[] Ready { get; } = new object?[batches.Count];

        public int Next { get; set; }

        public bool Stopped { get; set; }
    }
}
