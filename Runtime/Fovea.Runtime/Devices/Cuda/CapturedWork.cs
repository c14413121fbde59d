using Fovea.Cuda;

namespace Fovea.Devices;

/// <summary>
/// Work that is the same each time: run as it is at first, which loads kernels, chooses algorithms and grows memory; captured the second
/// time; and replayed from then on, until it is other work, memory has moved, or a layer is observed.
/// </summary>
/// <param name="context">Whose stream it runs on.</param>
internal sealed class CapturedWork(CudaContext context) : IDisposable
{
    private object? key;
    private int memoryVersion = -1;
    private CudaGraph graph;

    /// <summary>Whether the next run of this work would be a replay.</summary>
    public bool IsReady(object work) => graph != default && !context.HasTaps && IsSame(work);

    /// <summary>Does the work.</summary>
    /// <param name="work">What it is: work with an equal key does the same with the same memory.</param>
    /// <param name="issue">Gives it to the stream.</param>
    public void Run(object work, Action issue)
    {
        if (context.HasTaps || !IsSame(work))
        {
            Forget();
            issue();
            (key, memoryVersion) = (work, context.MemoryVersion);
            return;
        }

        if (graph == default)
        {
            graph = Capture(issue);
            context.OptimizerRules.Upload();
        }

        context.Driver.LaunchGraph(graph, context.Stream);
    }

    public void Dispose() => Forget();

    private bool IsSame(object work) => Equals(key, work) && memoryVersion == context.MemoryVersion;

    private CudaGraph Capture(Action issue)
    {
        context.Driver.BeginCapture(context.Stream);
        context.IsCapturing = true;
        try
        {
            issue();
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

    private void Forget()
    {
        if (graph != default)
        {
            context.Driver.SynchronizeStream(context.Stream);
            context.Driver.DestroyGraph(graph);
        }

        (graph, key) = (default, null);
    }
}
