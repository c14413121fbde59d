using Fovea.Cuda.Tests.Support;

namespace Fovea.Cuda.Tests.Driver;

[Collection(Simulated.Name)]
public sealed unsafe class SimulatedLaunchTests
{
    [SkippableFact]
    public void Arguments_and_shape_arrive_in_order_and_whole()
    {
        using var driver = SimulatedKernels.OpenContext();
        var show = SimulatedKernels.Load(driver, SimulatedKernels.Show);
        var stream = driver.CreateStream();
        var output = driver.Allocate(11 * sizeof(double));
        var (a, b, c, d) = (-7, 1L << 40, 0.5f, Math.PI);
        var arguments = stackalloc void*[] { &output, &a, &b, &c, &d };

        driver.Launch(show, new LaunchShape(stream, new Dim3(2, 3, 4), new Dim3(8, 4, 2), 128), arguments);

        var seen = stackalloc double[11];
        driver.CopyToHost((nint)seen, output, 11 * sizeof(double), stream);
        driver.SynchronizeStream(stream);
        Assert.Equal([-7, 1L << 40, 0.5, Math.PI, 2, 3, 4, 8, 4, 2, 128], new Span<double>(seen, 11).ToArray());
    }

    [SkippableFact]
    public void A_launch_allocates_nothing()
    {
        using var driver = SimulatedKernels.OpenContext();
        var scale = SimulatedKernels.Load(driver, SimulatedKernels.Scale);
        var stream = driver.CreateStream();
        var memory = driver.Allocate(64);
        Allocations.AssertNone("a launch and a fill", () =>
        {
            SimulatedKernels.StartScale(driver, scale, stream, memory, memory, 1, 16);
            driver.Fill(memory, 0, 16, stream);
        });
    }

    [SkippableFact]
    public void Shared_memory_beyond_48_KiB_must_be_allowed()
    {
        using var driver = SimulatedKernels.OpenContext();
        var scale = SimulatedKernels.Load(driver, SimulatedKernels.Scale);
        var shape = new LaunchShape(driver.CreateStream(), 1, 64, 64 << 10);

        var failure = Assert.Throws<CudaException>(() => Start(driver, scale, shape));
        driver.AllowSharedMemory(scale, 64 << 10);
        Start(driver, scale, shape);

        Assert.StartsWith(
            "cuLaunchKernel failed for kernel probe.scale: CUDA_ERROR_INVALID_VALUE",
            failure.Message,
            StringComparison.Ordinal);
    }

    [SkippableFact]
    public void An_unknown_kernel_is_named()
    {
        using var driver = SimulatedKernels.OpenContext();
        var module = driver.LoadModule("probe.any.sm_75.ptx", SimulatedKernels.Ptx);

        var failure = Assert.Throws<CudaException>(() => driver.GetFunction(module, SimulatedKernels.Show with { Name = "absent" }));

        Assert.Equal(CudaFailure.Kernel, failure.Failure);
        Assert.StartsWith(
            "cuModuleGetFunction failed for kernel probe.absent: CUDA_ERROR_NOT_FOUND",
            failure.Message,
            StringComparison.Ordinal);
        driver.UnloadModule(module);
    }

    [SkippableFact]
    public void A_refused_module_tells_what_the_compiler_said()
    {
        using var driver = SimulatedKernels.OpenContext();

        var failure = Assert.Throws<CudaException>(() => driver.LoadModule("broken.ptx", "nonsense\0"u8));
        var absent = Assert.Throws<CudaException>(() => driver.LoadModule("absent.ptx", "// fovea module=absent.any arch=sm_75\0"u8));

        Assert.Equal(CudaFailure.Kernel, failure.Failure);
        Assert.StartsWith(
            "cuModuleLoadDataEx failed for module broken.ptx: CUDA_ERROR_INVALID_PTX (218,",
            failure.Message,
            StringComparison.Ordinal);
        Assert.Contains("the compiler says: line 1: expected", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', absent.Message);
        Assert.Throws<ArgumentException>(() => driver.LoadModule("open.ptx", "no end"u8));
    }

    private static void Start(CudaDriver driver, CudaFunction scale, in LaunchShape shape)
    {
        DeviceAddress nothing = default;
        var (factor, count) = (1f, 0);
        var arguments = stackalloc void*[] { &nothing, &nothing, &factor, &count };
        driver.Launch(scale, shape, arguments);
    }
}
