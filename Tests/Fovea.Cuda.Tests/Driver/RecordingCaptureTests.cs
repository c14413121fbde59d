namespace Fovea.Cuda.Tests.Driver;

public sealed class RecordingCaptureTests : IDisposable
{
    private readonly RecordingCudaDriver driver = new();
    private readonly CudaStream main;
    private readonly CudaStream side;
    private readonly CudaEvent fork;
    private readonly CudaEvent join;
    private readonly DeviceAddress memory;

    public RecordingCaptureTests()
    {
        driver.OpenContext(0);
        (main, side) = (driver.CreateStream(), driver.CreateStream());
        (fork, join) = (driver.CreateEvent(false), driver.CreateEvent(true));
        memory = driver.Allocate(256);
        driver.ClearCalls();
    }

    public void Dispose() => driver.Dispose();

    [Fact]
    public void Streams_that_fork_and_join_make_a_graph()
    {
        driver.BeginCapture(main);
        driver.RecordEvent(fork, main);
        driver.WaitEvent(side, fork);
        driver.Fill(memory, 1, 1, side);
        driver.RecordEvent(join, side);
        driver.WaitEvent(main, join);
        var graph = driver.EndCapture(main);
        driver.LaunchGraph(graph, side);
        driver.DestroyGraph(graph);

        Assert.Equal(
            [
                "begin capture, stream0", "record event0, stream0", "wait for event0, stream1",
                "fill alloc0+0 with 0x00000001, 1 words, stream1", "record event1, stream1", "wait for event1, stream0",
                "end capture of graph0, 1 nodes, stream0", "launch graph0, stream1", "destroy graph0",
            ],
            driver.Calls);
    }

    [Fact]
    public void A_stream_that_does_not_join_is_refused()
    {
        driver.BeginCapture(main);
        driver.RecordEvent(fork, main);
        driver.WaitEvent(side, fork);
        driver.RecordEvent(join, side);
        driver.Fill(memory, 1, 1, side);
        driver.WaitEvent(main, join);

        AssertMisuse("EndCapture: stream1 has work that stream0 does not wait for.", () => driver.EndCapture(main));
        driver.Synchronize();
    }

    [Fact]
    public void What_reaches_around_streams_is_refused()
    {
        var host = driver.AllocateHost(16);
        driver.BeginCapture(main);

        AssertMisuse("Allocate: stream0 is being captured", () => driver.Allocate(16));
        AssertMisuse("Free: ", () => driver.Free(memory));
        AssertMisuse("AllocateHost: ", () => driver.AllocateHost(16));
        AssertMisuse("FreeHost: ", () => driver.FreeHost(host));
        AssertMisuse("Synchronize: ", driver.Synchronize);
        AssertMisuse("SynchronizeStream: ", () => driver.SynchronizeStream(side));
        AssertMisuse("SynchronizeEvent: ", () => driver.SynchronizeEvent(join));
        AssertMisuse("LoadModule: ", () => driver.LoadModule("x", "\0"u8));
        AssertMisuse("BeginCapture: ", () => driver.BeginCapture(main));
        AssertMisuse("EndCapture: expected the stream that a capture began on, and that capture's thread, found stream1.", () => driver.EndCapture(side));
    }

    [Fact]
    public void Another_thread_may_do_it_to_what_is_not_captured()
    {
        driver.BeginCapture(main);
        Exception? error = null;
        var other = new Thread(() => error = Record.Exception(() =>
        {
            driver.MakeCurrent();
            driver.SynchronizeStream(side);
            driver.Free(driver.Allocate(16));
            AssertMisuse("Synchronize: stream0 is being captured", driver.Synchronize);
            AssertMisuse("SynchronizeStream: expected a stream that is not being captured", () => driver.SynchronizeStream(main));
            AssertMisuse("EndCapture: expected the stream that a capture began on, and that capture's thread", () => driver.EndCapture(main));
        }));
        other.Start();
        other.Join();
        Assert.Null(error);
    }

    [Fact]
    public unsafe void Copies_need_page_locked_memory()
    {
        var word = 0;
        var address = (nint)(&word);
        driver.BeginCapture(main);

        AssertMisuse(
            "CopyToDevice: stream0 is being captured; expected page-locked memory",
            () => driver.CopyToDevice(memory, address, 4, main));
    }

    [Fact]
    public unsafe void A_graph_s_copies_give_zeros_when_it_runs()
    {
        var host = driver.AllocateHost(4);
        *(int*)host = 7;
        driver.BeginCapture(main);
        driver.CopyToHost(host, memory, 4, main);
        var graph = driver.EndCapture(main);
        Assert.Equal(7, *(int*)host);

        driver.LaunchGraph(graph, main);

        Assert.Equal(0, *(int*)host);
    }

    [Fact]
    public void A_graph_needs_its_memory()
    {
        driver.BeginCapture(main);
        driver.Fill(memory, 0, 1, main);
        var graph = driver.EndCapture(main);
        driver.Free(memory);

        AssertMisuse("LaunchGraph: graph0 uses alloc0, which was freed. Capture again.", () => driver.LaunchGraph(graph, main));
    }

    [Fact]
    public void Events_do_not_cross_a_capture_s_border()
    {
        AssertMisuse("WaitEvent: stream1 is to wait for event0, which was never recorded", () => driver.WaitEvent(side, fork));
        driver.RecordEvent(fork, side);
        driver.BeginCapture(main);
        AssertMisuse("WaitEvent: stream0 is being captured, and event0 was recorded outside", () => driver.WaitEvent(main, fork));
        driver.RecordEvent(join, main);
        driver.EndCapture(main);

        AssertMisuse("WaitEvent: event1 was recorded in a capture that has ended", () => driver.WaitEvent(side, join));
        AssertMisuse("SynchronizeEvent: expected an event that was recorded outside of captures", () => driver.SynchronizeEvent(join));
    }

    [Fact]
    public void Time_is_taken_by_events_that_do()
    {
        driver.RecordEvent(fork, main);
        driver.RecordEvent(join, main);

        Assert.Equal(0, driver.ElapsedMilliseconds(join, join));
        AssertMisuse("ElapsedMilliseconds: expected events that take the time, found event0", () => driver.ElapsedMilliseconds(fork, join));
    }

    [Fact]
    public void Destroyed_handles_are_refused()
    {
        driver.DestroyStream(side);
        driver.DestroyEvent(fork);

        AssertMisuse("Fill: expected this driver's handle of a living stream", () => driver.Fill(memory, 0, 1, side));
        AssertMisuse("RecordEvent: expected this driver's handle of a living event", () => driver.RecordEvent(fork, main));
    }

    private static void AssertMisuse(string start, Action call) =>
        Assert.StartsWith(start, Assert.Throws<CudaException>(call).Message, StringComparison.Ordinal);
}
