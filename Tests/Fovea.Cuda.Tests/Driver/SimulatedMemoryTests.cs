using Fovea.Cuda.Tests.Support;

namespace Fovea.Cuda.Tests.Driver;

[Collection(Simulated.Name)]
public sealed unsafe class SimulatedMemoryTests
{
    [SkippableFact]
    public void Bytes_go_to_the_device_across_it_and_back()
    {
        using var driver = SimulatedKernels.OpenContext();
        var stream = driver.CreateStream();
        var (a, b) = (driver.Allocate(64), driver.Allocate(64));
        var host = (byte*)driver.AllocateHost(64);
        for (var i = 0; i < 64; i++)
        {
            host[i] = (byte)i;
        }

        driver.CopyToDevice(a, (nint)host, 64, stream);
        driver.CopyOnDevice(b, a + 32, 32, stream);
        driver.CopyToHost((nint)host, b, 32, stream);
        driver.SynchronizeStream(stream);

        Assert.Equal(32, host[0]);
        Assert.Equal(63, host[31]);
        Assert.Equal(32, host[32]);
        driver.FreeHost((nint)host);
    }

    [SkippableFact]
    public void Fill_sets_words_and_no_more()
    {
        using var driver = SimulatedKernels.OpenContext();
        var stream = driver.CreateStream();
        var memory = driver.Allocate(16);
        driver.Fill(memory + 4, 0x3F800000, 2, stream);
        var words = stackalloc uint[4];
        driver.CopyToHost((nint)words, memory, 16, stream);
        driver.Synchronize();

        Assert.Equal([0xFFFFFFFF, 0x3F800000, 0x3F800000, 0xFFFFFFFF], new Span<uint>(words, 4).ToArray());
    }

    [SkippableFact]
    public void Memory_is_aligned_and_counted()
    {
        using var driver = SimulatedKernels.OpenContext();
        var before = driver.GetMemory();
        var memory = driver.Allocate(1000);

        Assert.Equal(0ul, memory.Value % 256);
        Assert.Equal(1000, before.FreeBytes - driver.GetMemory().FreeBytes);
        Assert.Equal(driver.GetDevice(0).MemoryBytes, before.TotalBytes);
        driver.Free(memory);
        Assert.Equal(before, driver.GetMemory());
    }

    [SkippableFact]
    public void A_copy_beyond_the_end_is_refused()
    {
        using var driver = SimulatedKernels.OpenContext();
        var stream = driver.CreateStream();
        var memory = driver.Allocate(16);
        var words = stackalloc uint[8];
        var from = (nint)words;

        var failure = Assert.Throws<CudaException>(() => driver.CopyToDevice(memory, from, 17, stream));

        Assert.StartsWith(
            "cuMemcpyHtoDAsync_v2 failed: CUDA_ERROR_INVALID_VALUE (1, invalid argument). ",
            failure.Message,
            StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Nothing_is_not_allocated()
    {
        using var driver = SimulatedKernels.OpenContext();

        Assert.Throws<ArgumentOutOfRangeException>(() => driver.Allocate(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => driver.AllocateHost(-1));
    }
}
