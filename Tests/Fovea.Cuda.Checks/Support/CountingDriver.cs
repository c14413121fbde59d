using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Fovea.Cuda.Checks;

/// <summary>
/// Passes everything on to another driver and counts the launches. Replays of captured work are not counted, their capture is.
/// </summary>
/// <param name="driver">Does the work; disposed of with this.</param>
/// <param name="tally">Where to count.</param>
internal sealed unsafe class CountingDriver(ICudaDriver driver, LaunchTally tally) : ICudaDriver
{
    private readonly ConcurrentDictionary<CudaModule, string> modules = new();
    private readonly ConcurrentDictionary<nint, string> kernels = new();

    public string Description => driver.Description;

    public int DeviceCount => driver.DeviceCount;

    public CudaDeviceInfo GetDevice(int ordinal) => driver.GetDevice(ordinal);

    public void OpenContext(int ordinal) => driver.OpenContext(ordinal);

    public int? OpenDevice => driver.OpenDevice;

    public void MakeCurrent() => driver.MakeCurrent();

    public void Synchronize() => driver.Synchronize();

    public CudaMemoryInfo GetMemory() => driver.GetMemory();

    public DeviceAddress Allocate(long bytes) => driver.Allocate(bytes);

    public DeviceAddress Allocate(long bytes, string name) => driver.Allocate(bytes, name);

    public void Free(DeviceAddress address) => driver.Free(address);

    public nint AllocateHost(long bytes) => driver.AllocateHost(bytes);

    public nint AllocateHost(long bytes, string name) => driver.AllocateHost(bytes, name);

    public void FreeHost(nint address) => driver.FreeHost(address);

    public void CopyToDevice(DeviceAddress destination, nint source, long bytes, CudaStream stream) =>
        driver.CopyToDevice(destination, source, bytes, stream);

    public void CopyToHost(nint destination, DeviceAddress source, long bytes, CudaStream stream) =>
        driver.CopyToHost(destination, source, bytes, stream);

    public void CopyOnDevice(DeviceAddress destination, DeviceAddress source, long bytes, CudaStream stream) =>
        driver.CopyOnDevice(destination, source, bytes, stream);

    public void Fill(DeviceAddress destination, uint value, long words, CudaStream stream) =>
        driver.Fill(destination, value, words, stream);

    public CudaModule LoadModule(string name, ReadOnlySpan<byte> ptx)
    {
        var module = driver.LoadModule(name, ptx);
        modules[module] = name;
        return module;
    }

    public void UnloadModule(CudaModule module) => driver.UnloadModule(module);

    public CudaFunction GetFunction(CudaModule module, KernelSignature signature)
    {
        ArgumentNullException.ThrowIfNull(signature);
        var function = driver.GetFunction(module, signature);
        kernels[function.Handle] = $"{VariantOf(modules.GetValueOrDefault(module, signature.Source))}.{signature.Name}";
        return function;
    }

    public void AllowSharedMemory(CudaFunction function, int bytes) => driver.AllowSharedMemory(function, bytes);

    public void Launch(CudaFunction function, in LaunchShape shape, void** arguments)
    {
        tally.Add(new LaunchForm(
            kernels[function.Handle], shape.Grid, shape.Block, shape.SharedBytes, NumbersOf(function.Signature, arguments)));
        driver.Launch(function, shape, arguments);
    }

    public CudaStream CreateStream() => driver.CreateStream();

    public void DestroyStream(CudaStream stream) => driver.DestroyStream(stream);

    public void SynchronizeStream(CudaStream stream) => driver.SynchronizeStream(stream);

    public CudaEvent CreateEvent(bool timing) => driver.CreateEvent(timing);

    public void DestroyEvent(CudaEvent marker) => driver.DestroyEvent(marker);

    public void RecordEvent(CudaEvent marker, CudaStream stream) => driver.RecordEvent(marker, stream);

    public void WaitEvent(CudaStream stream, CudaEvent marker) => driver.WaitEvent(stream, marker);

    public void SynchronizeEvent(CudaEvent marker) => driver.SynchronizeEvent(marker);

    public float ElapsedMilliseconds(CudaEvent start, CudaEvent end) => driver.ElapsedMilliseconds(start, end);

    public void BeginCapture(CudaStream stream) => driver.BeginCapture(stream);

    public CudaGraph EndCapture(CudaStream stream) => driver.EndCapture(stream);

    public void LaunchGraph(CudaGraph graph, CudaStream stream) => driver.LaunchGraph(graph, stream);

    public void DestroyGraph(CudaGraph graph) => driver.DestroyGraph(graph);

    public void Dispose() => driver.Dispose();

    /// <summary>pointwise.bf16 for pointwise.bf16.sm_80.ptx.</summary>
    private static string VariantOf(string module)
    {
        var end = module.IndexOf(".sm_", StringComparison.Ordinal);
        return end < 0 ? module : module[..end];
    }

    private static string NumbersOf(KernelSignature signature, void** arguments)
    {
        var text = new StringBuilder();
        for (var i = 0; i < signature.Parameters.Length; i++)
        {
            var argument = arguments[i];
            var bits = signature.Parameters[i].Type switch
            {
                KernelType.Int or KernelType.Float => *(uint*)argument,
                KernelType.Long or KernelType.Double => *(ulong*)argument,
                _ => *(ulong*)argument == 0 ? 0UL : 1UL,
            };
            text.Append(CultureInfo.InvariantCulture, $"{bits:x},");
        }

        return text.ToString();
    }
}
