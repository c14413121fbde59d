using System.Collections.Concurrent;
using Fovea.Cuda;

namespace Fovea.Gpu.Machines;

/// <summary>Another driver, and which kernels were started on it.</summary>
/// <param name="inner">Does everything.</param>
internal sealed unsafe class CountingDriver(ICudaDriver inner) : ICudaDriver
{
    private readonly ConcurrentDictionary<string, long> launches = new();

    /// <summary>Kernels by source and name, with how often they were started.</summary>
    public IReadOnlyDictionary<string, long> Launches => launches;

    /// <inheritdoc/>
    public string Description => inner.Description;

    /// <inheritdoc/>
    public int DeviceCount => inner.DeviceCount;

    /// <inheritdoc/>
    public CudaDeviceInfo GetDevice(int ordinal) => inner.GetDevice(ordinal);

    /// <inheritdoc/>
    public void OpenContext(int ordinal) => inner.OpenContext(ordinal);

    /// <inheritdoc/>
    public void MakeCurrent() => inner.MakeCurrent();

    /// <inheritdoc/>
    public void Synchronize() => inner.Synchronize();

    /// <inheritdoc/>
    public CudaMemoryInfo GetMemory() => inner.GetMemory();

    /// <inheritdoc/>
    public DeviceAddress Allocate(long bytes) => inner.Allocate(bytes);

    /// <inheritdoc/>
    public void Free(DeviceAddress address) => inner.Free(address);

    /// <inheritdoc/>
    public nint AllocateHost(long bytes) => inner.AllocateHost(bytes);

    /// <inheritdoc/>
    public void FreeHost(nint address) => inner.FreeHost(address);

    /// <inheritdoc/>
    public void CopyToDevice(DeviceAddress destination, nint source, long bytes, CudaStream stream) =>
        inner.CopyToDevice(destination, source, bytes, stream);

    /// <inheritdoc/>
    public void CopyToHost(nint destination, DeviceAddress source, long bytes, CudaStream stream) =>
        inner.CopyToHost(destination, source, bytes, stream);

    /// <inheritdoc/>
    public void CopyOnDevice(DeviceAddress destination, DeviceAddress source, long bytes, CudaStream stream) =>
        inner.CopyOnDevice(destination, source, bytes, stream);

    /// <inheritdoc/>
    public void Fill(DeviceAddress destination, uint value, long words, CudaStream stream) =>
        inner.Fill(destination, value, words, stream);

    /// <inheritdoc/>
    public CudaModule LoadModule(string name, ReadOnlySpan<byte> ptx) => inner.LoadModule(name, ptx);

    /// <inheritdoc/>
    public void UnloadModule(CudaModule module) => inner.UnloadModule(module);

    /// <inheritdoc/>
    public CudaFunction GetFunction(CudaModule module, KernelSignature signature) => inner.GetFunction(module, signature);

    /// <inheritdoc/>
    public void AllowSharedMemory(CudaFunction function, int bytes) => inner.AllowSharedMemory(function, bytes);

    /// <inheritdoc/>
    public void Launch(CudaFunction function, in LaunchShape shape, void** arguments)
    {
        launches.AddOrUpdate(function.Signature.ToString(), 1, (_, count) => count + 1);
        inner.Launch(function, shape, arguments);
    }

    /// <inheritdoc/>
    public CudaStream CreateStream() => inner.CreateStream();

    /// <inheritdoc/>
    public void DestroyStream(CudaStream stream) => inner.DestroyStream(stream);

    /// <inheritdoc/>
    public void SynchronizeStream(CudaStream stream) => inner.SynchronizeStream(stream);

    /// <inheritdoc/>
    public CudaEvent CreateEvent(bool timing) => inner.CreateEvent(timing);

    /// <inheritdoc/>
    public void DestroyEvent(CudaEvent marker) => inner.DestroyEvent(marker);

    /// <inheritdoc/>
    public void RecordEvent(CudaEvent marker, CudaStream stream) => inner.RecordEvent(marker, stream);

    /// <inheritdoc/>
    public void WaitEvent(CudaStream stream, CudaEvent marker) => inner.WaitEvent(stream, marker);

    /// <inheritdoc/>
    public void SynchronizeEvent(CudaEvent marker) => inner.SynchronizeEvent(marker);

    /// <inheritdoc/>
    public float ElapsedMilliseconds(CudaEvent start, CudaEvent end) => inner.ElapsedMilliseconds(start, end);

    /// <inheritdoc/>
    public void BeginCapture(CudaStream stream) => inner.BeginCapture(stream);

    /// <inheritdoc/>
    public CudaGraph EndCapture(CudaStream stream) => inner.EndCapture(stream);

    /// <inheritdoc/>
    public void LaunchGraph(CudaGraph graph, CudaStream stream) => inner.LaunchGraph(graph, stream);

    /// <inheritdoc/>
    public void DestroyGraph(CudaGraph graph) => inner.DestroyGraph(graph);

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();
}
