using System.Runtime.ExceptionServices;

namespace Fovea.Cuda;

/// <summary>
/// Gives operations that do not depend on one another to different streams, so that the heads of small pyramid levels and the gradients of
/// weights run beside what else there is. Operations are issued in the order of the generated code and say what memory they read and write;
/// one that must follow an operation of another stream waits for it there, by an event. What says nothing runs on the main stream, after
/// everything that was issued before it and before everything after it.
/// <para>
/// The same order of issue gives the same streams, so that a captured step uses the workspaces that the step before has made. The results'
/// bits do not depend on the streams: what is added up is added up in the order of issue.
/// </para>
/// </summary>
internal sealed class StreamLanes : IDisposable
{
    /// <summary>The main stream, one for gradients, four for what is small.</summary>
    public const int DefaultCount = 6;

    private const int Gradients = 1;
    private const int FirstSide = 2;

    private readonly ICudaDriver driver;
    private readonly StreamLane[] lanes;
    private readonly List<Issued> operations = [];
    private readonly List<CudaEvent> events = [];
    private readonly CudaEvent barrier;
    private StreamLane? open;
    private ExceptionDispatchInfo? failure;
    private bool mainIsAhead = true;
    private int sides;

    /// <param name="driver">With its context opened.</param>
    /// <param name="count">How many streams; 1 for everything one after the other.</param>
    public StreamLanes(ICudaDriver driver, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        this.driver = driver;
        lanes = [.. Enumerable.Range(0, count).Select(i => new StreamLane(driver, i, count))];
        barrier = driver.CreateEvent(timing: false);
    }

    /// <summary>The stream that everything begins and ends on; for what keeps the main stream's order whatever the others do.</summary>
    public CudaStream Main => lanes[0].Stream;

    /// <summary>
    /// The lane of the operation in progress. Outside of one the main lane, after everything that was issued: whoever asks is about to give
    /// it something that does not say what it needs.
    /// </summary>
    public StreamLane Current
    {
        get
        {
            if (open is null)
            {
                Join();
            }

            return open ?? lanes[0];
        }
    }

    /// <summary>Begins an operation; inside of another it is a part of that.</summary>
    /// <param name="kind">Where it belongs.</param>
    /// <param name="use">All memory that it touches, except what its lane has for its own.</param>
    /// <returns>Ends it when disposed of.</returns>
    public Scope Enter(OperationKind kind, MemoryUse use)
    {
        if (open is not null)
        {
            return default;
        }

        failure?.Throw();
        if (lanes.Length == 1)
        {
            open = lanes[0];
            return new Scope(this, null);
        }

        PassBarrier();
        var lane = Choose(kind, use);
        WaitForOthers(lane, use);
        open = lane;
        return new Scope(this, use);
    }

    /// <summary>Lets the main stream wait for all others.</summary>
    public void Join()
    {
        failure?.Throw();
        foreach (var lane in lanes.AsSpan(1))
        {
            if (lane.Last is { } last && lanes[0].Seen[lane.Number] < last.Index)
            {
                driver.WaitEvent(Main, last.End);
            }
        }

        Abandon();
    }

    /// <summary>Forgets what was issued, without a word to the driver: after a join, or a capture that came to nothing.</summary>
    public void Abandon()
    {
        foreach (var lane in lanes)
        {
            lane.Forget();
        }

        operations.Clear();
        (open, failure) = (null, null);
        mainIsAhead = true;
        sides = 0;
    }

    /// <summary>Waits until the device is done with all of it.</summary>
    public void Synchronize()
    {
        foreach (var lane in lanes)
        {
            driver.SynchronizeStream(lane.Stream);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var lane in lanes)
        {
            lane.Dispose();
        }

        foreach (var one in events)
        {
            driver.DestroyEvent(one);
        }

        driver.DestroyEvent(barrier);
    }

    /// <summary>Marks what the main stream has been given without a word, for the others to wait for.</summary>
    private void PassBarrier()
    {
        if (mainIsAhead)
        {
            driver.RecordEvent(barrier, Main);
            mainIsAhead = false;
        }
    }

    private StreamLane Choose(OperationKind kind, MemoryUse use)
    {
        if (kind == OperationKind.Aside)
        {
            return lanes[Gradients];
        }

        if (kind == OperationKind.Large || operations.Count == 0 || lanes.Length <= FirstSide)
        {
            return lanes[0];
        }

        foreach (var lane in lanes)
        {
            if (lane.Number != Gradients && lane.Last is { } last && use.Follows(last.Use))
            {
                return lane;
            }
        }

        return lanes[FirstSide + (sides++ % (lanes.Length - FirstSide))];
    }

    private void WaitForOthers(StreamLane lane, MemoryUse use)
    {
        if (lane.Number != 0 && !lane.HasPassedBarrier)
        {
            driver.WaitEvent(lane.Stream, barrier);
            lane.HasPassedBarrier = true;
        }

        // From the last to the first: what a later operation has waited for need not be waited for again.
        for (var i = operations.Count - 1; i >= 0; i--)
        {
            var earlier = operations[i];
            if (earlier.Lane != lane.Number && lane.Seen[earlier.Lane] < earlier.Index && use.Follows(earlier.Use))
            {
                driver.WaitEvent(lane.Stream, earlier.End);
                lane.See(earlier);
            }
        }
    }

    private void Leave(MemoryUse? use)
    {
        var lane = open!;
        open = null;
        if (use is null)
        {
            return;
        }

        if (operations.Count == events.Count)
        {
            events.Add(driver.CreateEvent(timing: false));
        }

        var end = events[operations.Count];
        driver.RecordEvent(end, lane.Stream);
        operations.Add(lane.Issue(use, end));
    }

    /// <summary>
    /// What fails here is thrown by the next call: another failure may be on its way out of the operation, and goes first.
    /// </summary>
    private void TryLeave(MemoryUse? use)
    {
        try
        {
            Leave(use);
        }
        catch (CudaException e)
        {
            failure = ExceptionDispatchInfo.Capture(e);
        }
    }

    /// <summary>An operation in progress.</summary>
    public readonly ref struct Scope(StreamLanes? lanes, MemoryUse? use)
    {
        /// <summary>Ends it.</summary>
        public void Dispose() => lanes?.TryLeave(use);
    }
}
