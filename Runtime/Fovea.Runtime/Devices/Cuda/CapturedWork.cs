using Fovea.Cuda;

namespace Fovea.Devices;

/// <summary>
/// Work that is the same each time: run as it is at first, which loads kernels, chooses algorithms and grows memory; captured the second
/// time; and replayed from then on, until memory has moved or a layer is observed. Work that alternates with a little other work keeps
/// its graph; the one that was used the longest ago goes first. Nothing is allocated when work is replayed.
/// </summary>
/// <typeparam name="TKey">What work is: work with an equal key does the same with the same memory.</typeparam>
/// <param name="context">Whose stream it runs on.</param>
/// <param name="most">How many kinds of work are kept.</param>
internal sealed class CapturedWork<TKey>(CudaContext context, int most) : IDisposable
    where TKey : IEquatable<TKey>
{
    /// <summary>Used last first.</summary>
    private readonly List<Entry> entries = new(most);

    /// <summary>Whether the next run of this work would be a replay.</summary>
    public bool IsReady(TKey work) => !context.HasTaps && Find(work) is { Graph: var graph } && graph != default;

    /// <summary>Does the work.</summary>
    /// <typeparam name="TState">Of what <paramref name="issue"/> takes.</typeparam>
    /// <param name="work">What it is.</param>
    /// <param name="state">What differs from run to run and a replay need not know.</param>
    /// <param name="issue">Gives it to the stream; static, so that it is made once.</param>
    public void Run<TState>(TKey work, TState state, Action<TKey, TState> issue)
    {
        if (context.HasTaps)
        {
            Keep(0);
            issue(work, state);
            return;
        }

        if (Find(work) is not { } entry)
        {
            Keep(most - 1);
            issue(work, state);
            entries.Insert(0, new Entry(work, context.MemoryVersion));
            return;
        }

        if (entry != entries[0])
        {
            entries.Remove(entry);
            entries.Insert(0, entry);
        }

        if (entry.Graph == default)
        {
            entry.Graph = Capture(work, state, issue);
            context.OptimizerRules.Upload();
        }

        context.Driver.LaunchGraph(entry.Graph, context.Stream);
    }

    public void Dispose() => Keep(0);

    private Entry? Find(TKey work)
    {
        foreach (var entry in entries)
        {
            if (entry.MemoryVersion == context.MemoryVersion && entry.Work.Equals(work))
            {
                return entry;
            }
        }

        return null;
    }

    private CudaGraph Capture<TState>(TKey work, TState state, Action<TKey, TState> issue)
    {
        context.Driver.BeginCapture(context.Stream);
        context.IsCapturing = true;
        try
        {
            issue(work, state);
        }
        catch
        {
            LeaveCapture();
            throw;
        }
        finally
        {
            context.IsCapturing = false;
        }

        return context.Driver.EndCapture(context.Stream);
    }

    /// <summary>The streams must leave the capture, whatever went wrong; what they have written down is of no use.</summary>
    private void LeaveCapture()
    {
        try
        {
            context.Driver.DestroyGraph(context.Driver.EndCapture(context.Stream));
        }
        catch (CudaException)
        {
            // A capture that was spoilt joins no streams, but ends.
            context.Abandon();
            try
            {
                context.Driver.DestroyGraph(context.Driver.EndCapture(context.Stream));
            }
            catch (CudaException)
            {
                // It has ended already, or ends with this call.
            }
        }
    }

    /// <summary>Drops what points into memory that is gone, and of the rest all but so many that were used last.</summary>
    private void Keep(int count)
    {
        var isIdle = false;
        for (var i = entries.Count - 1; i >= 0; i--)
        {
            var entry = entries[i];
            if (i < count && entry.MemoryVersion == context.MemoryVersion)
            {
                continue;
            }

            if (entry.Graph != default)
            {
                if (!isIdle)
                {
                    context.Driver.SynchronizeStream(context.Stream);
                    isIdle = true;
                }

                context.Driver.DestroyGraph(entry.Graph);
            }

            entries.RemoveAt(i);
        }
    }

    private sealed class Entry(TKey work, int memoryVersion)
    {
        public TKey Work => work;

        /// <summary>Of the context, when the work had been run for the first time.</summary>
        public int MemoryVersion => memoryVersion;

        public CudaGraph Graph { get; set; }
    }
}
