using System.Globalization;

namespace Fovea.Cuda;

/// <summary>
/// The kernels of one precision on one device. A source's PTX is loaded when the first of its kernels is asked for; the generated part has
/// a property for each kernel.
/// </summary>
/// <param name="driver">Loads and starts them.</param>
/// <param name="device">Decides which PTX fits.</param>
/// <param name="precision">Decides the variants.</param>
internal sealed partial class KernelSet(ICudaDriver driver, CudaDeviceInfo device, Precision precision) : IDisposable
{
    private readonly Dictionary<string, CudaModule> modules = [];
    private readonly Dictionary<KernelSignature, CudaFunction> functions = new(ReferenceEqualityComparer.Instance);
    private readonly Lock gate = new();

    /// <summary>How values are stored and multiplied.</summary>
    public Precision Precision => precision;

    /// <summary>Gives the modules back.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            foreach (var module in modules.Values)
            {
                driver.UnloadModule(module);
            }

            modules.Clear();
            functions.Clear();
        }
    }

    /// <summary>A kernel ready to start.</summary>
    internal KernelLauncher Resolve(KernelSignature signature)
    {
        lock (gate)
        {
            if (!functions.TryGetValue(signature, out var function))
            {
                function = driver.GetFunction(ModuleOf(signature.Source), signature);
                functions.Add(signature, function);
            }

            return new KernelLauncher(driver, function);
        }
    }

    private CudaModule ModuleOf(string source)
    {
        var name = PtxLibrary.Find(source, precision, device);
        if (!modules.TryGetValue(name, out var module))
        {
            module = driver.LoadModule(name, PtxLibrary.Read(name));
            modules.Add(name, module);
        }

        return module;
    }
}

/// <summary>A kernel and the driver that starts it; generated launches give it their arguments.</summary>
/// <param name="driver">Starts it.</param>
/// <param name="function">The kernel.</param>
internal readonly unsafe struct KernelLauncher(ICudaDriver driver, CudaFunction function)
{
    /// <summary>Starts the kernel.</summary>
    /// <param name="shape">Stream, grid, block, dynamic shared memory.</param>
    /// <param name="arguments">Pointers to the arguments.</param>
    public void Launch(in LaunchShape shape, void** arguments)
    {
        if (shape.Block.Count > function.Signature.Threads)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"Kernel {function.Signature}: {shape.Block.Count} threads in a block, built for {function.Signature.Threads}."));
        }

        driver.Launch(function, shape, arguments);
    }

    /// <summary>Lets the kernel use more than 48 KiB of dynamic shared memory.</summary>
    public void AllowSharedMemory(int bytes) => driver.AllowSharedMemory(function, bytes);
}
