namespace Fovea.Cuda.Checks;

/// <summary>Passes everything on to another driver: what a driver that looks on begins with.</summary>
/// <param name="driver">Does the work; disposed of with this.</param>
internal abstract unsafe class PassingDriver(ICudaDriver driver) : ICudaDriver
{
    public event Action? Disposing
    {
        add => driver.Disposing += value;
        remove => driver.Disposing -= value;
    }

    public virtual string Description => driver.Description;

    public virtual int DeviceCount => driver.DeviceCount;

    public virtual CudaDeviceInfo GetDevice(int ordinal) => driver.GetDevice(ordinal);

    public virtual void OpenContext(int ordinal) => driver.OpenContext(ordinal);

    public virtual int? OpenDevice => driver.OpenDevice;

    public virtual void MakeCurrent() => driver.MakeCurrent();

    public virtual void Synchronize() => driver.Synchronize();

    public virtual CudaMemoryInfo GetMemory() => driver.GetMemory();

    public virtual DeviceAddress Allocate(long bytes) => driver.Allocate(bytes);

    public virtual DeviceAddress Allocate(long bytes, string name) => driver.Allocate(bytes, name);

    public virtual void Free(DeviceAddress address) => driver.Free(address);

    public virtual nint AllocateHost(long bytes) => driver.AllocateHost(bytes);

    public virtual nint AllocateHost(long bytes, string name) => driver.AllocateHost(bytes, name);

    public virtual void FreeHost(nint address) => driver.FreeHost(address);

    public virtual void CopyToDevice(DeviceAddress destination, nint source, long bytes, CudaStream stream)
    {
        driver.CopyToDevice(destination, source, bytes, stream);
    }

    public virtual void CopyToHost(nint destination, DeviceAddress source, long bytes, CudaStream stream)
    {
        driver.CopyToHost(destination, source, bytes, stream);
    }

    public virtual void CopyOnDevice(DeviceAddress destination, DeviceAddress source, long bytes, CudaStream stream)
    {
        driver.CopyOnDevice(destination, source, bytes, stream);
    }

    public virtual void Fill(DeviceAddress destination, uint value, long words, CudaStream stream)
    {
        driver.Fill(destination, value, words, stream);
    }

    public virtual CudaModule LoadModule(string name, ReadOnlySpan<byte> ptx) => driver.LoadModule(name, ptx);

    public virtual void UnloadModule(CudaModule module) => driver.UnloadModule(module);

    public virtual CudaFunction GetFunction(CudaModule module, KernelSignature signature) => driver.GetFunction(module, signature);

    public virtual void AllowSharedMemory(CudaFunction function, int bytes) => driver.AllowSharedMemory(function, bytes);

    public virtual void Launch(CudaFunction function, in LaunchShape shape, void** arguments)
    {
        driver.Launch(function, shape, arguments);
    }

    public virtual CudaStream CreateStream() => driver.CreateStream();

    public virtual void DestroyStream(CudaStream stream) => driver.DestroyStream(stream);

    public virtual void SynchronizeStream(CudaStream stream) => driver.SynchronizeStream(stream);

    public virtual CudaEvent CreateEvent(bool timing) => driver.CreateEvent(timing);

    public virtual void DestroyEvent(CudaEvent marker) => driver.DestroyEvent(marker);

    public virtual void RecordEvent(CudaEvent marker, CudaStream stream) => driver.RecordEvent(marker, stream);

    public virtual void WaitEvent(CudaStream stream, CudaEvent marker) => driver.WaitEvent(stream, marker);

    public virtual void SynchronizeEvent(CudaEvent marker) => driver.SynchronizeEvent(marker);

    public virtual float ElapsedMilliseconds(CudaEvent start, CudaEvent end) => driver.ElapsedMilliseconds(start, end);

    public virtual void BeginCapture(CudaStream stream) => driver.BeginCapture(stream);

    public virtual CudaGraph EndCapture(CudaStream stream) => driver.EndCapture(stream);

    public virtual void LaunchGraph(CudaGraph graph, CudaStream stream) => driver.LaunchGraph(graph, stream);

    public virtual void DestroyGraph(CudaGraph graph) => driver.DestroyGraph(graph);

    public virtual void Dispose() => driver.Dispose();
}
