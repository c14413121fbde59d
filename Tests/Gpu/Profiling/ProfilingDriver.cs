using Fovea.Cuda;

namespace Fovea.Gpu.Profiling;

/// <summary>Passes everything on to another driver and marks what is given to a stream.</summary>
/// <param name="driver">Does the work; disposed of with this.</param>
internal sealed unsafe class ProfilingDriver(ICudaDriver driver) : ICudaDriver
{
    /// <summary>Takes the marks.</summary>
    public StreamProfile Profile { get; } = new(driver);

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

    public void CopyToDevice(DeviceAddress destination, nint source, long bytes, CudaStream stream)
    {
        driver.CopyToDevice(destination, source, bytes, stream);
        Profile.Mark("copy to the device", stream);
    }

    public void CopyToHost(nint destination, DeviceAddress source, long bytes, CudaStream stream)
    {
        driver.CopyToHost(destination, source, bytes, stream);
        Profile.Mark("copy to the host", stream);
    }

    public void CopyOnDevice(DeviceAddress destination, DeviceAddress source, long bytes, CudaStream stream)
    {
        driver.CopyOnDevice(destination, source, bytes, stream);
        Profile.Mark("copy on the device", stream);
    }

    public void Fill(DeviceAddress destination, uint value, long words, CudaStream stream)
    {
        driver.Fill(destination, value, words, stream);
        Profile.Mark("fill", stream);
    }

    public CudaModule LoadModule(string name, ReadOnlySpan<byte> ptx) => driver.LoadModule(name, ptx);

    public void UnloadModule(CudaModule module) => driver.UnloadModule(module);

    public CudaFunction GetFunction(CudaModule module, KernelSignature signature) => driver.GetFunction(module, signature);

    public void AllowSharedMemory(CudaFunction function, int bytes) => driver.AllowSharedMemory(function, bytes);

    public void Launch(CudaFunction function, in LaunchShape shape, void** arguments)
    {
        driver.Launch(function, shape, arguments);
        Profile.Mark(function.Signature.Name, shape.Stream);
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

    public void Dispose()
    {
        Profile.Dispose();
        driver.Dispose();
    }
}
