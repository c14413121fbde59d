namespace Fovea.Cuda;

internal sealed unsafe partial class CudaDriver
{
    private const uint StreamNonBlocking = 1;
    private const uint EventDisableTiming = 2;

    /// <summary>
    /// Only this thread's allocations disturb a capture: threads that load images may take page-locked memory meanwhile.
    /// </summary>
    private const int CaptureThreadLocal = 1;

    // ---- streams and events -----------------------------------------------------------------------------------------------------

    /// <inheritdoc/>
    public CudaStream CreateStream()
    {
        ThrowIfDisposed();
        nint stream;
        Check(api.StreamCreate(&stream, StreamNonBlocking), "cuStreamCreate");
        return new CudaStream(stream);
    }

    /// <inheritdoc/>
    public void DestroyStream(CudaStream stream)
    {
        ThrowIfDisposed();
        Check(api.StreamDestroy(stream.Handle), "cuStreamDestroy_v2");
    }

    /// <inheritdoc/>
    public void SynchronizeStream(CudaStream stream)
    {
        ThrowIfDisposed();
        Check(api.StreamSynchronize(stream.Handle), "cuStreamSynchronize");
    }

    /// <inheritdoc/>
    public CudaEvent CreateEvent(bool timing)
    {
        ThrowIfDisposed();
        nint marker;
        Check(api.EventCreate(&marker, timing ? 0 : EventDisableTiming), "cuEventCreate");
        return new CudaEvent(marker);
    }

    /// <inheritdoc/>
    public void DestroyEvent(CudaEvent marker)
    {
        ThrowIfDisposed();
        Check(api.EventDestroy(marker.Handle), "cuEventDestroy_v2");
    }

    /// <inheritdoc/>
    public void RecordEvent(CudaEvent marker, CudaStream stream)
    {
        ThrowIfDisposed();
        Check(api.EventRecord(marker.Handle, stream.Handle), "cuEventRecord");
    }

    /// <inheritdoc/>
    public void WaitEvent(CudaStream stream, CudaEvent marker)
    {
        ThrowIfDisposed();
        Check(api.StreamWaitEvent(stream.Handle, marker.Handle, 0), "cuStreamWaitEvent");
    }

    /// <inheritdoc/>
    public void SynchronizeEvent(CudaEvent marker)
    {
        ThrowIfDisposed();
        Check(api.EventSynchronize(marker.Handle), "cuEventSynchronize");
    }

    /// <inheritdoc/>
    public float ElapsedMilliseconds(CudaEvent start, CudaEvent end)
    {
        ThrowIfDisposed();
        float milliseconds;
        Check(api.EventElapsedTime(&milliseconds, start.Handle, end.Handle), "cuEventElapsedTime");
        return milliseconds;
    }

    // ---- capture ------------------------------------------------------------------------------------------------------------------

    /// <inheritdoc/>
    public void BeginCapture(CudaStream stream)
    {
        ThrowIfDisposed();
        Check(api.StreamBeginCapture(stream.Handle, CaptureThreadLocal), "cuStreamBeginCapture_v2");
    }

    /// <inheritdoc/>
    public CudaGraph EndCapture(CudaStream stream)
    {
        ThrowIfDisposed();
        nint graph;
        Check(api.StreamEndCapture(stream.Handle, &graph), "cuStreamEndCapture");
        nint ready;
        var status = api.GraphInstantiateWithFlags is not null
            ? api.GraphInstantiateWithFlags(&ready, graph, 0)
            : api.GraphInstantiate(&ready, graph, 0, null, 0);

        // What was made ready is a copy; the template is done with either way.
        _ = api.GraphDestroy(graph);
        Check(status, api.GraphInstantiateWithFlags is not null ? "cuGraphInstantiateWithFlags" : "cuGraphInstantiate_v2");
        return new CudaGraph(ready);
    }

    /// <inheritdoc/>
    public void LaunchGraph(CudaGraph graph, CudaStream stream)
    {
        ThrowIfDisposed();
        Check(api.GraphLaunch(graph.Handle, stream.Handle), "cuGraphLaunch");
        trace.AddGraph("a captured graph");
    }

    /// <inheritdoc/>
    public void DestroyGraph(CudaGraph graph)
    {
        ThrowIfDisposed();
        Check(api.GraphExecDestroy(graph.Handle), "cuGraphExecDestroy");
    }
}
