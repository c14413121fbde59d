using System.Runtime.InteropServices;
using Fovea.Cuda;

namespace Fovea.TestSupport;

public sealed unsafe partial class RecordingCudaDriver
{
    private readonly Dictionary<nint, RecordedStream> streams = new() { [0] = new RecordedStream("the default stream") };
    private readonly Dictionary<nint, RecordedEvent> events = [];
    private readonly Dictionary<nint, RecordedCapture> graphs = [];
    private readonly List<RecordedCapture> captures = [];

    // ---- streams and events -----------------------------------------------------------------------------------------------------

    /// <inheritdoc/>
    public CudaStream CreateStream()
    {
        using var scope = Enter(nameof(CreateStream));
        var (handle, name) = NewHandle("stream", counters);
        streams.Add(handle, new RecordedStream(name));
        Log($"create {name}");
        return new CudaStream(handle);
    }

    /// <inheritdoc/>
    public void DestroyStream(CudaStream stream)
    {
        using var scope = Enter(nameof(DestroyStream));
        var one = Require(streams, stream.Handle, "stream", nameof(DestroyStream));
        if (stream.Handle == 0 || one.Capture is not null)
        {
            throw Misuse($"DestroyStream: expected a stream that is not captured, found {one.Name}.");
        }

        streams.Remove(stream.Handle);
        handles.Remove(stream.Handle);
        Log($"destroy {one.Name}");
    }

    /// <inheritdoc/>
    public void SynchronizeStream(CudaStream stream)
    {
        using var scope = EnterUncaptured(nameof(SynchronizeStream));
        var on = Require(streams, stream.Handle, "stream", nameof(SynchronizeStream));
        if (on.Capture is not null)
        {
            throw Misuse($"SynchronizeStream: expected a stream that is not being captured, found {on.Name}.");
        }

        Log($"synchronize {on.Name}");
    }

    /// <inheritdoc/>
    public CudaEvent CreateEvent(bool timing)
    {
        using var scope = Enter(nameof(CreateEvent));
        var (handle, name) = NewHandle("event", counters);
        events.Add(handle, new RecordedEvent(name, timing));
        Log($"create {name}{(timing ? ", which takes the time" : "")}");
        return new CudaEvent(handle);
    }

    /// <inheritdoc/>
    public void DestroyEvent(CudaEvent marker)
    {
        using var scope = Enter(nameof(DestroyEvent));
        var one = Require(events, marker.Handle, "event", nameof(DestroyEvent));
        events.Remove(marker.Handle);
        handles.Remove(marker.Handle);
        Log($"destroy {one.Name}");
    }

    /// <inheritdoc/>
    public void RecordEvent(CudaEvent marker, CudaStream stream)
    {
        using var scope = Enter(nameof(RecordEvent));
        var one = Require(events, marker.Handle, "event", nameof(RecordEvent));
        var on = Require(streams, stream.Handle, "stream", nameof(RecordEvent));
        one.IsRecorded = true;
        one.Capture = on.Capture;
        one.Behind = new Dictionary<RecordedStream, int>(on.Behind);
        Log($"record {one.Name}, {on.Name}");
    }

    /// <inheritdoc/>
    public void WaitEvent(CudaStream stream, CudaEvent marker)
    {
        using var scope = Enter(nameof(WaitEvent));
        var one = Require(events, marker.Handle, "event", nameof(WaitEvent));
        var on = Require(streams, stream.Handle, "stream", nameof(WaitEvent));
        if (!one.IsRecorded)
        {
            throw Misuse($"WaitEvent: {on.Name} is to wait for {one.Name}, which was never recorded; CUDA would not wait.");
        }

        if (one.Capture is { HasEnded: true } || one.Capture != on.Capture)
        {
            EnterCapture(on, one);
        }

        on.Join(one.Behind);
        Log($"wait for {one.Name}, {on.Name}");
    }

    /// <inheritdoc/>
    public void SynchronizeEvent(CudaEvent marker)
    {
        using var scope = EnterUncaptured(nameof(SynchronizeEvent));
        Log($"synchronize {RequirePassed(marker, nameof(SynchronizeEvent)).Name}");
    }

    /// <inheritdoc/>
    public float ElapsedMilliseconds(CudaEvent start, CudaEvent end)
    {
        using var scope = Enter(nameof(ElapsedMilliseconds));
        foreach (var marker in (CudaEvent[])[start, end])
        {
            if (RequirePassed(marker, nameof(ElapsedMilliseconds)) is { Timing: false } one)
            {
                throw Misuse($"ElapsedMilliseconds: expected events that take the time, found {one.Name}, which does not.");
            }
        }

        return 0;
    }

    // ---- capture ------------------------------------------------------------------------------------------------------------------

    /// <inheritdoc/>
    public void BeginCapture(CudaStream stream)
    {
        using var scope = Enter(nameof(BeginCapture));
        var on = Require(streams, stream.Handle, "stream", nameof(BeginCapture));
        if (stream.Handle == 0 || on.Capture is not null)
        {
            throw Misuse($"BeginCapture: expected a stream of one's own that is not captured yet, found {on.Name}.");
        }

        on.Enter(new RecordedCapture(on));
        captures.Add(on.Capture!);
        Log($"begin capture, {on.Name}");
    }

    /// <inheritdoc/>
    public CudaGraph EndCapture(CudaStream stream)
    {
        using var scope = Enter(nameof(EndCapture));
        var on = Require(streams, stream.Handle, "stream", nameof(EndCapture));
        if (on.Capture is not { } capture || capture.Origin != on || capture.Thread != Environment.CurrentManagedThreadId)
        {
            throw Misuse($"EndCapture: expected the stream that a capture began on, and that capture's thread, found {on.Name}.");
        }

        var unjoined = capture.FindUnjoined();
        capture.HasEnded = true;
        captures.Remove(capture);
        foreach (var member in capture.Members)
        {
            member.Enter(null);
        }

        if (unjoined is not null)
        {
            throw Misuse($"EndCapture: {unjoined.Name} has work that {on.Name} does not wait for. Record an event there and wait for it.");
        }

        var (handle, name) = NewHandle("graph", counters);
        capture.Name = name;
        graphs.Add(handle, capture);
        Log($"end capture of {name}, {capture.Nodes} nodes, {on.Name}");
        return new CudaGraph(handle);
    }

    /// <summary>Runs a captured graph; all memory that it uses must still be there.</summary>
    /// <inheritdoc/>
    public void LaunchGraph(CudaGraph graph, CudaStream stream)
    {
        using var scope = Enter(nameof(LaunchGraph));
        var one = Require(graphs, graph.Handle, "graph", nameof(LaunchGraph));
        var on = Require(streams, stream.Handle, "stream", nameof(LaunchGraph));
        if (on.Capture is not null)
        {
            throw Misuse($"LaunchGraph: expected a stream that is not captured, found {on.Name}.");
        }

        if (one.Touched.FirstOrDefault(block => !block.IsLive) is { } gone)
        {
            throw Misuse($"LaunchGraph: {one.Name} uses {gone.Name}, which was freed. Capture again.");
        }

        foreach (var (address, bytes) in one.Read)
        {
            NativeMemory.Clear((void*)address, (nuint)bytes);
        }

        Log($"launch {one.Name}, {on.Name}");
    }

    /// <inheritdoc/>
    public void DestroyGraph(CudaGraph graph)
    {
        using var scope = Enter(nameof(DestroyGraph));
        var one = Require(graphs, graph.Handle, "graph", nameof(DestroyGraph));
        graphs.Remove(graph.Handle);
        handles.Remove(graph.Handle);
        Log($"destroy {one.Name}");
    }

    private static void EnterCapture(RecordedStream on, RecordedEvent marker)
    {
        if (marker.Capture is not { HasEnded: false } capture)
        {
            throw marker.Capture is null
                ? Misuse($"WaitEvent: {on.Name} is being captured, and {marker.Name} was recorded outside. Record it in the capture.")
                : Misuse($"WaitEvent: {marker.Name} was recorded in a capture that has ended. Record it again first.");
        }

        if (on.Capture is not null || on.Name == "the default stream")
        {
            throw Misuse($"WaitEvent: {on.Name} cannot join the capture that {marker.Name} was recorded in.");
        }

        on.Enter(capture);
        capture.Members.Add(on);
    }

    /// <summary>The stream that takes a piece of work, which counts if it is captured.</summary>
    private RecordedStream Submit(CudaStream stream, string call)
    {
        var on = Require(streams, stream.Handle, "stream", call);
        if (on.Capture is { } capture)
        {
            capture.Nodes++;
            on.Advance();
        }

        return on;
    }

    private RecordedEvent RequirePassed(CudaEvent marker, string call)
    {
        var one = Require(events, marker.Handle, "event", call);
        return one.IsRecorded && one.Capture is null
            ? one
            : throw Misuse($"{call}: expected an event that was recorded outside of captures, found {one.Name}, which was not.");
    }
}
