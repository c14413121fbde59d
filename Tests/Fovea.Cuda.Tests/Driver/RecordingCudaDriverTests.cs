using Fovea.Cuda.Tests.Support;

namespace Fovea.Cuda.Tests.Driver;

public sealed unsafe class RecordingCudaDriverTests
{
    [Fact]
    public void Calls_read_as_lines_with_symbolic_addresses_and_typed_arguments()
    {
        using var driver = Open();
        var stream = driver.CreateStream();
        var (x, y) = (driver.Allocate(1024), driver.Allocate(2048));
        var scale = SimulatedKernels.Load(driver, SimulatedKernels.Scale);
        var host = driver.AllocateHost(64);
        driver.CopyToDevice(x, host + 16, 48, stream);
        driver.Fill(y, 0, 4, stream);
        SimulatedKernels.StartScale(driver, scale, stream, y + 256, default, 0.5f, 100);
        driver.CopyOnDevice(x, y, 16, stream);
        driver.CopyToHost(host, y, 64, stream);
        driver.SynchronizeStream(stream);
        driver.FreeHost(host);
        driver.Free(x);

        Assert.Equal(
            [
                "open context on Recorded device (9.0, 132 SMs, 81920 MiB)",
                "create stream0",
                "allocate alloc0, 1024 bytes",
                "allocate alloc1, 2048 bytes",
                "load module0, probe.any.sm_75.ptx",
                "allocate host0, 64 bytes of page-locked host memory",
                "copy alloc0+0 <- host0+16, 48 bytes, stream0",
                "fill alloc1+0 with 0x00000000, 4 words, stream0",
                "launch probe.scale(y: alloc1+256, x: null, factor: 0.5, count: 100), grid 1, block 64, stream0",
                "copy alloc0+0 <- alloc1+0, 16 bytes, stream0",
                "copy host0+0 <- alloc1+0, 64 bytes, stream0",
                "synchronize stream0",
                "free host0",
                "free alloc0",
            ],
            driver.Calls);
        Assert.Equal(["alloc1: 2048 bytes", "stream0", "module0"], driver.Leaks);
        Assert.Equal((2048, 3072), (driver.BytesInUse, driver.PeakBytes));
    }

    [Fact]
    public void Memory_has_the_name_that_it_was_allocated_with_and_a_number_from_the_second_on()
    {
        using var driver = Open();
        driver.Free(driver.Allocate(64, "arena"));
        var arena = driver.Allocate(64, "arena");
        driver.Allocate(64);
        driver.FreeHost(driver.AllocateHost(8, "staging"));
        driver.Fill(arena + 16, 0, 4, default);

        Assert.Equal(
            [
                "allocate arena, 64 bytes",
                "free arena",
                "allocate arena2, 64 bytes",
                "allocate alloc2, 64 bytes",
                "allocate staging, 8 bytes of page-locked host memory",
                "free staging",
                "fill arena2+16 with 0x00000000, 4 words, the default stream",
            ],
            driver.Calls.Skip(1));
        Assert.Equal(["arena2: 64 bytes", "alloc2: 64 bytes"], driver.Leaks);
    }

    [Fact]
    public void Copies_to_the_host_give_zeros()
    {
        using var driver = Open();
        var memory = driver.Allocate(16);
        var words = stackalloc int[] { 1, 2, 3, 4 };

        driver.CopyToHost((nint)words, memory, 12, default);

        Assert.Equal([0, 0, 0, 4], new Span<int>(words, 4).ToArray());
    }

    [Fact]
    public void Every_argument_type_is_decoded()
    {
        using var driver = Open();
        var show = SimulatedKernels.Load(driver, SimulatedKernels.Show);
        DeviceAddress output = default;
        var (a, b, c, d) = (-7, 1L << 40, 0.1f, 0.1);
        var arguments = stackalloc void*[] { &output, &a, &b, &c, &d };

        driver.Launch(show, new LaunchShape(default, new Dim3(2, 3), new Dim3(8, 4, 2), 128), arguments);

        Assert.Equal(
            "launch probe.show(out: null, a: -7, b: 1099511627776, c: 0.1, d: 0.1), "
            + "grid 2x3x1, block 8x4x2, shared 128, the default stream",
            driver.Calls[^1]);
    }

    [Fact]
    public void Nothing_works_outside_a_context()
    {
        using var driver = new RecordingCudaDriver();

        AssertMisuse("Allocate: expected a context current on this thread", () => driver.Allocate(16));
        driver.OpenContext(0);
        Exception? failure = null;
        var thread = new Thread(() => failure = Record.Exception(() => driver.Allocate(16)));
        thread.Start();
        thread.Join();

        Assert.IsType<CudaException>(failure);
    }

    [Fact]
    public void Memory_that_was_freed_or_ends_or_never_was_is_refused()
    {
        using var driver = Open();
        var memory = driver.Allocate(100);

        AssertMisuse("Fill: expected 104 bytes at alloc0+0, found 100 of its 100 left.", () => driver.Fill(memory, 0, 26, default));
        AssertMisuse("Fill: address 0x10 belongs to no allocation.", () => driver.Fill(new DeviceAddress(16), 0, 1, default));
        AssertMisuse("Free: 0x700000000008 is not what an allocation returned.", () => driver.Free(memory + 8));
        driver.Free(memory);
        AssertMisuse("Fill: alloc0+4 was freed.", () => driver.Fill(memory + 4, 0, 1, default));
        AssertMisuse("Free: alloc0 was freed before.", () => driver.Free(memory));
    }

    [Fact]
    public void A_launch_s_pointers_are_checked()
    {
        using var driver = Open();
        var scale = SimulatedKernels.Load(driver, SimulatedKernels.Scale);
        var memory = driver.Allocate(256);
        driver.Free(memory);

        AssertMisuse(
            "Launch of probe.scale: alloc0+0 was freed.",
            () => SimulatedKernels.StartScale(driver, scale, default, memory, default, 1, 1));
    }

    [Theory]
    [InlineData(1, 257, 0, "Launch of probe.scale: expected a block of 1 … 256 threads, found 257x1x1.")]
    [InlineData(1, 0, 0, "Launch of probe.scale: expected a block of 1 … 256 threads, found 0x1x1.")]
    [InlineData(0, 32, 0, "Launch of probe.scale: expected blocks in x, and 1 … 65535 in y and z, found 0x1x1.")]
    [InlineData(1, 32, 50000, "Launch of probe.scale: expected 0 … 49152 bytes of shared memory, found 50000. Call AllowSharedMemory.")]
    public void A_launch_s_shape_is_checked(int grid, int block, int shared, string message)
    {
        using var driver = Open();
        var scale = SimulatedKernels.Load(driver, SimulatedKernels.Scale);

        AssertMisuse(message, () => driver.Launch(scale, new LaunchShape(default, grid, block, shared), null));
    }

    [Fact]
    public void Shared_memory_is_allowed_up_to_the_device_s()
    {
        using var driver = Open();
        var scale = SimulatedKernels.Load(driver, SimulatedKernels.Scale);
        driver.AllowSharedMemory(scale, 227 << 10);

        AssertMisuse("AllowSharedMemory: expected 0 … 232448 bytes", () => driver.AllowSharedMemory(scale, (227 << 10) + 1));
    }

    [Fact]
    public void An_entry_that_the_module_lacks_is_refused()
    {
        using var driver = Open();
        var module = driver.LoadModule("probe.ptx", SimulatedKernels.Ptx);

        AssertMisuse(
            "GetFunction: expected the entry sho in module probe.ptx, found none.",
            () => driver.GetFunction(module, SimulatedKernels.Show with { Name = "sho" }));
    }

    [Fact]
    public void The_device_and_its_memory_can_be_set()
    {
        using var driver = new RecordingCudaDriver { Device = new CudaDeviceInfo(0, "Small", 7, 5, 40, 1000, 64 << 10) };
        driver.OpenContext(0);
        driver.Allocate(600);

        var failure = Assert.Throws<CudaException>(() => driver.Allocate(500));

        Assert.Equal(CudaFailure.OutOfMemory, failure.Failure);
        Assert.Equal(new CudaMemoryInfo(400, 1000), driver.GetMemory());
    }

    [Fact]
    public void After_Dispose_every_member_says_so()
    {
        var driver = Open();
        driver.AllocateHost(16);
        driver.Dispose();
        driver.Dispose();

        Assert.Throws<ObjectDisposedException>(() => driver.Allocate(16));
        Assert.Throws<ObjectDisposedException>(driver.Synchronize);
        Assert.Equal(["host0: 16 bytes"], driver.Leaks);
    }

    private static RecordingCudaDriver Open()
    {
        var driver = new RecordingCudaDriver();
        driver.OpenContext(0);
        return driver;
    }

    private static void AssertMisuse(string start, Action call) =>
        Assert.StartsWith(start, Assert.Throws<CudaException>(call).Message, StringComparison.Ordinal);
}
