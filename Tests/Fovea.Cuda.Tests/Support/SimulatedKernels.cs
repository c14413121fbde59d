using System.Text;
using Fovea.Cuda.Checks;

namespace Fovea.Cuda.Tests.Support;

/// <summary>The probe kernels, built for the simulated GPU, and how to start them.</summary>
internal static unsafe class SimulatedKernels
{
    public static readonly KernelSignature Show = new("probe", "show", 256,
    [
        new("out", KernelType.DoublePointer), new("a", KernelType.Int), new("b", KernelType.Long), new("c", KernelType.Float),
        new("d", KernelType.Double),
    ]);

    public static readonly KernelSignature Scale = new("probe", "scale", 256,
    [
        new("y", KernelType.FloatPointer), new("x", KernelType.FloatPointer), new("factor", KernelType.Float), new("count", KernelType.Int),
    ]);

    /// <summary>PTX that names the probe kernels' library and has their entries.</summary>
    public static byte[] Ptx { get; } =
        Encoding.UTF8.GetBytes("// fovea module=probe.any arch=sm_75 source-sha256=00\n.entry show(\n.entry scale(\0");

    private static readonly Lazy<string> Folder = new(() => Path.GetDirectoryName(NativeBuild.SharedLibrary(
        "probe.any.so", [Path.Combine(AppContext.BaseDirectory, "Driver", "Kernels", "probe.cpp")]))!);

    /// <summary>A driver over the simulated GPU; skips the test where nothing can be compiled.</summary>
    public static CudaDriver Open(string? fail = null, bool reverse = false)
    {
        Skip.If(NativeBuild.Obstacle is not null, NativeBuild.Obstacle);
        Skip.IfNot(OperatingSystem.IsLinux(), "The simulated GPU is a Linux library.");
        return SimulatedGpu.Open(Folder.Value, fail, reverse);
    }

    /// <summary>The same with its context open.</summary>
    public static CudaDriver OpenContext(string? fail = null, bool reverse = false)
    {
        var driver = Open(fail, reverse);
        driver.OpenContext(0);
        return driver;
    }

    /// <summary>A kernel of the probe module, which stays loaded.</summary>
    public static CudaFunction Load(ICudaDriver driver, KernelSignature kernel) =>
        driver.GetFunction(driver.LoadModule("probe.any.sm_75.ptx", Ptx), kernel);

    /// <summary>Starts scale.</summary>
    public static void StartScale(
        ICudaDriver driver, CudaFunction scale, CudaStream stream, DeviceAddress y, DeviceAddress x, float factor, int count)
    {
        var arguments = stackalloc void*[] { &y, &x, &factor, &count };
        driver.Launch(scale, new LaunchShape(stream, 1, 64), arguments);
    }
}
