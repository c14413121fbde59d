using Fovea.Cuda.Tests.Support;

namespace Fovea.Cuda.Tests.Driver;

[Collection(Simulated.Name)]
public sealed unsafe class SimulatedStreamTests
{
    [SkippableFact]
    public void Events_order_streams_and_take_the_time()
    {
        using var driver = SimulatedKernels.OpenContext();
        var (first, second) = (driver.CreateStream(), driver.CreateStream());
        var (start, end) = (driver.CreateEvent(timing: true), driver.CreateEvent(timing: true));
        var memory = driver.Allocate(1 << 20);
        driver.RecordEvent(start, first);
        driver.Fill(memory, 0, 1 << 18, first);
        driver.RecordEvent(end, first);
        driver.WaitEvent(second, end);
        driver.SynchronizeEvent(end);

        Assert.InRange(driver.ElapsedMilliseconds(start, end), 0.001f, 10000);
        driver.DestroyEvent(start);
        driver.DestroyEvent(end);
        driver.DestroyStream(second);
        driver.DestroyStream(first);
    }

    [SkippableFact]
    public void An_event_without_timing_has_no_time()
    {
        using var driver = SimulatedKernels.OpenContext();
        var stream = driver.CreateStream();
        var marker = driver.CreateEvent(timing: false);
        driver.RecordEvent(marker, stream);

        Assert.Throws<CudaException>(() => driver.ElapsedMilliseconds(marker, marker));
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_graph_does_what_was_captured_as_often_as_it_runs(bool reverse)
    {
        using var driver = SimulatedKernels.OpenContext(reverse: reverse);
        var scale = SimulatedKernels.Load(driver, SimulatedKernels.Scale);
        var (main, side) = (driver.CreateStream(), driver.CreateStream());
        var (fork, join) = (driver.CreateEvent(false), driver.CreateEvent(false));
        var (x, y) = (driver.Allocate(16), driver.Allocate(16));
        var host = (float*)driver.AllocateHost(16);
        new Span<float>(host, 4).Fill(1);

        driver.BeginCapture(main);
        driver.CopyToDevice(x, (nint)host, 16, main);
        driver.RecordEvent(fork, main);
        driver.WaitEvent(side, fork);
        SimulatedKernels.StartScale(driver, scale, side, y, x, 3, 4);
        driver.RecordEvent(join, side);
        driver.WaitEvent(main, join);
        driver.CopyToHost((nint)host, y, 16, main);
        var graph = driver.EndCapture(main);
        Assert.Equal(1, host[0]);
        driver.LaunchGraph(graph, main);
        driver.LaunchGraph(graph, main);
        driver.SynchronizeStream(main);

        Assert.Equal([9, 9, 9, 9], new Span<float>(host, 4).ToArray());
        driver.DestroyGraph(graph);
        Assert.Throws<CudaException>(() => driver.LaunchGraph(graph, main));
    }

    /// <summary>Runs of another order are what makes a forgotten wait visible.</summary>
    [SkippableFact]
    public void A_missing_edge_changes_results_in_reverse_order()
    {
        using var driver = SimulatedKernels.OpenContext(reverse: true);
        var (main, side) = (driver.CreateStream(), driver.CreateStream());
        var (fork, join) = (driver.CreateEvent(false), driver.CreateEvent(false));
        var memory = driver.Allocate(4);
        driver.BeginCapture(main);
        driver.RecordEvent(fork, main);
        driver.WaitEvent(side, fork);
        driver.Fill(memory, 1, 1, main);
        driver.Fill(memory, 2, 1, side);
        driver.RecordEvent(join, side);
        driver.WaitEvent(main, join);
        driver.LaunchGraph(driver.EndCapture(main), main);
        uint value;
        driver.CopyToHost((nint)(&value), memory, 4, main);
        driver.Synchronize();

        Assert.Equal(1u, value);
    }

    [SkippableFact]
    public void Capture_refuses_what_reaches_around_streams()
    {
        using var driver = SimulatedKernels.OpenContext();
        var stream = driver.CreateStream();
        driver.BeginCapture(stream);

        var failure = Assert.Throws<CudaException>(() => driver.Allocate(16));
        var end = Assert.Throws<CudaException>(() => driver.EndCapture(stream));

        Assert.Contains("CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", failure.Message, StringComparison.Ordinal);
        Assert.Contains("CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", end.Message, StringComparison.Ordinal);
        driver.Synchronize();
    }

    [SkippableFact]
    public void Capture_refuses_streams_that_do_not_join()
    {
        using var driver = SimulatedKernels.OpenContext();
        var (main, side) = (driver.CreateStream(), driver.CreateStream());
        var fork = driver.CreateEvent(false);
        var memory = driver.Allocate(4);
        driver.BeginCapture(main);
        driver.RecordEvent(fork, main);
        driver.WaitEvent(side, fork);
        driver.Fill(memory, 0, 1, side);

        var failure = Assert.Throws<CudaException>(() => driver.EndCapture(main));

        Assert.StartsWith("cuStreamEndCapture failed: CUDA_ERROR_STREAM_CAPTURE_UNJOINED", failure.Message, StringComparison.Ordinal);
    }
}
