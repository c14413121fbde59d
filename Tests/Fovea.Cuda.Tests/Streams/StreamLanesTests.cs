namespace Fovea.Cuda.Tests.Streams;

/// <summary>
/// Which stream an operation goes to, and what it waits for. That whole models wait for enough is seen over the simulated GPU.
/// </summary>
public sealed class StreamLanesTests : IDisposable
{
    private readonly RecordingCudaDriver driver = new();
    private readonly StreamLanes lanes;
    private readonly DeviceAddress memory;

    public StreamLanesTests()
    {
        driver.OpenContext(0);
        memory = driver.Allocate(4);
        lanes = new StreamLanes(driver, StreamLanes.DefaultCount);
        driver.ClearCalls();
    }

    [Fact]
    public void One_that_carries_on_stays_and_waits_for_nothing()
    {
        Assert.Equal(0, Run(OperationKind.Small, reads: [], writes: [1]));
        Assert.Equal(0, Run(OperationKind.Small, reads: [1], writes: [2]));
        Assert.Equal(0, Run(OperationKind.Large, reads: [2], writes: [3]));
        Assert.Empty(Waits());
    }

    [Fact]
    public void A_small_one_that_does_not_carry_on_goes_aside_and_its_successors_with_it()
    {
        Run(OperationKind.Large, reads: [], writes: [1]);
        Run(OperationKind.Large, reads: [1], writes: [2]);
        Assert.Equal(2, Run(OperationKind.Small, reads: [1], writes: [3]));
        Assert.Equal(2, Run(OperationKind.Small, reads: [3], writes: [4]));
        Assert.Equal(3, Run(OperationKind.Small, reads: [1], writes: [5]));

        // Each for what the main stream was given before, and for the first operation: not for the second.
        Assert.Equal(
            ["wait for event0, stream2", "wait for event1, stream2", "wait for event0, stream3", "wait for event1, stream3"], Waits());
    }

    [Fact]
    public void A_large_one_stays_on_the_main_stream_and_waits_there()
    {
        Run(OperationKind.Large, reads: [], writes: [1]);
        Run(OperationKind.Small, reads: [9], writes: [2]);
        Assert.Equal(0, Run(OperationKind.Large, reads: [1, 2], writes: [3]));
        Assert.Equal(["wait for event0, stream2", "wait for event2, stream0"], Waits());
    }

    [Theory]
    [InlineData(1, 9, 8, 1)]
    [InlineData(9, 1, 1, 8)]
    [InlineData(9, 1, 9, 1)]
    public void A_later_one_waits_where_either_writes_what_the_other_touches(int read, int written, int laterRead, int laterWritten)
    {
        Run(OperationKind.Aside, [read], [written]);
        Assert.Equal(0, Run(OperationKind.Large, [laterRead], [laterWritten]));
        Assert.Equal(["wait for event0, stream1", "wait for event1, stream0"], Waits());
    }

    [Fact]
    public void Two_that_only_read_the_same_do_not_wait()
    {
        Run(OperationKind.Aside, reads: [1], writes: [2]);
        Run(OperationKind.Large, reads: [1], writes: [3]);
        Assert.Equal(["wait for event0, stream1"], Waits());
    }

    [Fact]
    public void What_was_waited_for_is_not_waited_for_again_not_even_through_another()
    {
        Run(OperationKind.Aside, reads: [], writes: [1]);
        Run(OperationKind.Large, reads: [1], writes: [2]);
        Run(OperationKind.Large, reads: [1], writes: [3]);
        Run(OperationKind.Small, reads: [1, 2], writes: [4]);
        Assert.Equal(
            ["wait for event0, stream1", "wait for event1, stream0", "wait for event0, stream2", "wait for event2, stream2"], Waits());
    }

    [Fact]
    public void What_says_nothing_comes_after_everything_and_before_everything()
    {
        Run(OperationKind.Large, reads: [], writes: [1]);
        Run(OperationKind.Aside, reads: [], writes: [2]);
        Run(OperationKind.Small, reads: [8], writes: [3]);
        driver.ClearCalls();
        Assert.Equal(lanes.Main, lanes.Current.Stream);
        Assert.Equal(["wait for event2, stream0", "wait for event3, stream0"], Waits());

        driver.ClearCalls();
        Assert.Equal(1, Run(OperationKind.Aside, reads: [], writes: [5]));
        Assert.Equal(["record event0, stream0", "wait for event0, stream1", "record event1, stream1"], Order());
    }

    [Fact]
    public void The_same_order_gives_the_same_streams_and_events()
    {
        string[] Once()
        {
            driver.ClearCalls();
            Run(OperationKind.Large, reads: [], writes: [1]);
            Run(OperationKind.Small, reads: [8], writes: [2]);
            Run(OperationKind.Small, reads: [9], writes: [3]);
            Run(OperationKind.Aside, reads: [1, 2], writes: [4]);
            lanes.Join();
            return [.. Order()];
        }

        Assert.Equal(Once(), Once());
    }

    [Fact]
    public void A_capture_takes_all_streams_in_and_lets_them_go()
    {
        driver.BeginCapture(lanes.Current.Stream);
        Run(OperationKind.Large, reads: [], writes: [1]);
        Run(OperationKind.Aside, reads: [1], writes: [2]);
        Run(OperationKind.Small, reads: [8], writes: [3]);
        driver.DestroyGraph(driver.EndCapture(lanes.Current.Stream));

        // Events of the capture must not be waited for outside of it: the driver would complain.
        Run(OperationKind.Aside, reads: [1], writes: [2]);
        lanes.Join();
    }

    [Fact]
    public void One_stream_means_one_after_the_other()
    {
        using var single = new StreamLanes(driver, 1);
        driver.ClearCalls();
        using (single.Enter(OperationKind.Aside, Use([1], [2])))
        {
            Assert.Equal(single.Main, single.Current.Stream);
        }

        Assert.Equal(single.Main, single.Current.Stream);
        Assert.Empty(Order());
    }

    [Fact]
    public void A_part_of_an_operation_is_where_the_operation_is()
    {
        Run(OperationKind.Large, reads: [], writes: [1]);
        using (lanes.Enter(OperationKind.Aside, Use([1], [2])))
        {
            using (lanes.Enter(OperationKind.Large, Use([2], [3])))
            {
                Assert.Equal(1, lanes.Current.Number);
            }

            Assert.Equal(1, lanes.Current.Number);
        }
    }

    public void Dispose()
    {
        lanes.Dispose();
        driver.Free(memory);
        driver.Dispose();
    }

    /// <summary>Numbers stand for memory of 16 bytes each.</summary>
    private static MemoryUse Use(int[] reads, int[] writes)
    {
        static MemoryRange[] Ranges(int[] places) => [.. places.Select(p => new MemoryRange(new DeviceAddress(4096) + (16L * p), 16))];
        return new MemoryUse(Ranges(reads), Ranges(writes));
    }

    /// <summary>The lane that it went to.</summary>
    private int Run(OperationKind kind, int[] reads, int[] writes)
    {
        using var operation = lanes.Enter(kind, Use(reads, writes));
        driver.Fill(memory, 0, 1, lanes.Current.Stream);
        return lanes.Current.Number;
    }

    /// <summary>Records of events, and waits for them.</summary>
    private IEnumerable<string> Order() => driver.Calls.Where(call => call.Contains("event", StringComparison.Ordinal)
        && !call.StartsWith("create", StringComparison.Ordinal));

    private IEnumerable<string> Waits() => driver.Calls.Where(call => call.StartsWith("wait", StringComparison.Ordinal));
}
