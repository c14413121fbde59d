using System.Diagnostics;
using System.Runtime.InteropServices;
using Fovea.Cuda.Checks;
using Fovea.Cuda.Tests.Support;

namespace Fovea.Cuda.Tests.Driver;

[Collection(Simulated.Name)]
public sealed class SimulatedFailureTests
{
    [SkippableFact]
    public void No_device()
    {
        var failure = Assert.Throws<CudaException>(() => SimulatedKernels.Open("nodevice"));

        AssertLine(failure, CudaFailure.NoDevice,
            "cuInit failed: CUDA_ERROR_NO_DEVICE (100, no CUDA-capable device is detected). "
            + "Check nvidia-smi and CUDA_VISIBLE_DEVICES, or use --device cpu.");
    }

    [SkippableFact]
    public void A_driver_that_is_too_old()
    {
        var failure = Assert.Throws<CudaException>(() => SimulatedKernels.Open("oldversion"));

        AssertLine(failure, CudaFailure.DriverTooOld,
            $"{SimulatedGpu.BuildLibrary()}: expected a driver for CUDA 11.0 or newer, found one for 10.2. "
            + "Install a newer NVIDIA driver, or use --device cpu.");
    }

    [SkippableFact]
    public void A_device_that_is_too_old()
    {
        using var driver = SimulatedKernels.Open("olddevice");

        var failure = Assert.Throws<CudaException>(() => driver.OpenContext(0));

        AssertLine(failure, CudaFailure.DeviceTooOld,
            "Simulated GPU (6.1, 132 SMs, 16384 MiB): expected compute capability 7.5 (Turing) or higher, found 6.1. "
            + "Use another device or --device cpu.");
    }

    [SkippableFact]
    public void A_device_that_is_not_there()
    {
        using var driver = SimulatedKernels.Open();

        var failure = Assert.Throws<CudaException>(() => driver.OpenContext(3));

        AssertLine(failure, CudaFailure.NoDevice,
            "CUDA device 3: expected 0 … 0, as there are 1. Check nvidia-smi and CUDA_VISIBLE_DEVICES.");
    }

    [SkippableFact]
    public void Memory_that_does_not_suffice()
    {
        using var driver = SimulatedKernels.OpenContext("oom:4194304");
        driver.Allocate(1 << 20);

        var failure = Assert.Throws<CudaException>(() => driver.Allocate(1L << 30));

        AssertLine(failure, CudaFailure.OutOfMemory,
            "cuMemAlloc_v2 failed: expected 1024 MiB of device memory, found 3 MiB free of 4 MiB (CUDA_ERROR_OUT_OF_MEMORY). "
            + "Use a smaller batch or canvas, end other programs on the device, or use --device cpu.");
    }

    [SkippableFact]
    public void A_kernel_that_fails_is_named_where_it_shows()
    {
        using var driver = SimulatedKernels.OpenContext("launch:scale");
        var scale = SimulatedKernels.Load(driver, SimulatedKernels.Scale);
        var memory = driver.Allocate(16);
        SimulatedKernels.StartScale(driver, scale, driver.CreateStream(), memory, memory, 1, 4);

        var failure = Assert.Throws<CudaException>(driver.Synchronize);
        var later = Assert.Throws<CudaException>(() => driver.Allocate(16));

        AssertLine(failure, CudaFailure.Kernel,
            "cuCtxSynchronize failed: CUDA_ERROR_ILLEGAL_ADDRESS (700, an illegal memory access was encountered); "
            + "started last: probe.scale. The process must be started again; "
            + "compute-sanitizer, or CUDA_LAUNCH_BLOCKING=1, tells which kernel it was.");
        Assert.Equal(CudaFailure.Kernel, later.Failure);
    }

    [SkippableFact]
    public void Kernels_before_a_good_synchronisation_are_not_suspected()
    {
        using var driver = SimulatedKernels.OpenContext("launch:scale");
        var (show, scale) = (SimulatedKernels.Load(driver, SimulatedKernels.Show), SimulatedKernels.Load(driver, SimulatedKernels.Scale));
        var stream = driver.CreateStream();
        var memory = driver.Allocate(128);
        StartShow(driver, show, stream, memory);
        driver.Synchronize();
        SimulatedKernels.StartScale(driver, scale, stream, memory, memory, 1, 4);

        var failure = Assert.Throws<CudaException>(() => driver.SynchronizeStream(stream));

        Assert.Contains("; started last: probe.scale. ", failure.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_lost_device_is_one_clear_error_and_disposes_quietly()
    {
        var driver = SimulatedKernels.OpenContext("lost:1");
        var scale = SimulatedKernels.Load(driver, SimulatedKernels.Scale);
        var stream = driver.CreateStream();
        var memory = driver.Allocate(16);
        SimulatedKernels.StartScale(driver, scale, stream, memory, memory, 1, 4);
        driver.Synchronize();
        SimulatedKernels.StartScale(driver, scale, stream, memory, memory, 1, 4);

        var failure = Assert.Throws<CudaException>(driver.Synchronize);
        driver.Dispose();

        AssertLine(failure, CudaFailure.DeviceLost,
            "cuCtxSynchronize failed: CUDA_ERROR_UNKNOWN (999, unknown error). The device is lost: check nvidia-smi and the system log, "
            + "then start the process again; checkpoints on disk are whole.");
    }

    [SkippableFact]
    public void A_call_on_a_thread_without_the_context_is_refused_and_MakeCurrent_helps()
    {
        using var driver = SimulatedKernels.OpenContext();
        CudaException? failure = null;
        var thread = new Thread(() =>
        {
            failure = Assert.Throws<CudaException>(() => driver.Allocate(16));
            driver.MakeCurrent();
            driver.Free(driver.Allocate(16));
        });
        thread.Start();
        thread.Join();

        Assert.Contains("CUDA_ERROR_INVALID_CONTEXT", failure!.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void After_Dispose_every_member_says_so_and_the_context_is_released_once()
    {
        var driver = SimulatedKernels.OpenContext();
        var other = SimulatedKernels.OpenContext();
        var stream = driver.CreateStream();
        driver.Dispose();
        driver.Dispose();

        Assert.Throws<ObjectDisposedException>(() => driver.Allocate(16));
        Assert.Throws<ObjectDisposedException>(() => driver.DestroyStream(stream));
        Assert.Throws<ObjectDisposedException>(driver.MakeCurrent);
        Assert.Throws<ObjectDisposedException>(() => driver.DeviceCount);

        // Had it been released twice, the other's share would be gone with it.
        other.Synchronize();
        other.Dispose();
    }

    [SkippableFact]
    public void A_context_opens_once_and_is_needed()
    {
        using var driver = SimulatedKernels.Open();

        Assert.Throws<InvalidOperationException>(driver.MakeCurrent);
        driver.OpenContext(0);
        Assert.Throws<InvalidOperationException>(() => driver.OpenContext(0));
    }

    [SkippableFact]
    public void What_the_device_is()
    {
        using var driver = SimulatedKernels.Open();

        Assert.Equal(new CudaDeviceInfo(0, "Simulated GPU", 9, 0, 132, 16L << 30, 227 << 10), driver.GetDevice(0));
        Assert.EndsWith("libcuda.so.1, CUDA 12.8", driver.Description, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_library_that_is_no_driver_is_refused()
    {
        Skip.If(NativeBuild.Obstacle is not null, NativeBuild.Obstacle);
        var path = NativeBuild.SharedLibrary("probe.any.so", [Path.Combine(AppContext.BaseDirectory, "Driver", "Kernels", "probe.cpp")]);

        var failure = Assert.Throws<CudaException>(() => new CudaDriver(CudaLibraries.WithDriver(path)));

        AssertLine(failure, CudaFailure.NoDriver,
            $"{path}: expected a CUDA driver with the entry point cuDriverGetVersion, found none of that name. "
            + "Install a newer NVIDIA driver, or set FOVEA_CUDA_LIBRARY to the driver's libcuda.so.1 (nvcuda.dll on Windows).");
    }

    /// <summary>The simulated GPU aborts, so a process of its own writes beyond the end.</summary>
    [SkippableFact]
    public void A_write_beyond_the_end_is_found()
    {
        Skip.If(NativeBuild.Obstacle is not null, NativeBuild.Obstacle);
        Skip.IfNot(RuntimeInformation.IsOSPlatform(OSPlatform.Linux), "The simulated GPU is a Linux library.");
        var program = NativeBuild.Program("overrun", [Path.Combine(AppContext.BaseDirectory, "Driver", "Kernels", "overrun.cpp")]);
        using var process = Process.Start(new ProcessStartInfo(program, [SimulatedGpu.BuildLibrary()]) { RedirectStandardError = true })!;
        var text = process.StandardError.ReadToEnd();
        process.WaitForExit();

        Assert.NotEqual(0, process.ExitCode);
        Assert.Contains("device allocation 0 of 100 bytes was overwritten at offset 100", text, StringComparison.Ordinal);
    }

    private static unsafe void StartShow(CudaDriver driver, CudaFunction show, CudaStream stream, DeviceAddress memory)
    {
        var (a, b, c, d) = (0, 0L, 0f, 0d);
        var arguments = stackalloc void*[] { &memory, &a, &b, &c, &d };
        driver.Launch(show, new LaunchShape(stream, 1, 32), arguments);
    }

    private static void AssertLine(CudaException failure, CudaFailure kind, string message)
    {
        Assert.Equal(message, failure.Message);
        Assert.Equal(kind, failure.Failure);
        Assert.DoesNotContain('\n', failure.Message);
    }
}
