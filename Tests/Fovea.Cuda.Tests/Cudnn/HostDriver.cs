using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Fovea.Cuda.Tests.Cudnn;

/// <summary>A driver whose device is the host: memory, copies and events, and nothing that starts kernels.</summary>
internal sealed unsafe class HostDriver : ICudaDriver
{
    private readonly Dictionary<nint, long> times = [];
    private readonly HashSet<ulong> memory = [];
    private nint next = 1;

    public event Action? Disposing
    {
        add { }
        remove { }
    }

    public string Description { get; init; } = "host driver 1";

    public int DeviceCount => 1;

    public int LiveEvents => times.Count;

    public CudaDeviceInfo GetDevice(int ordinal) => new(0, "Simulated GPU", 9, 0, 1, 1 << 30, 1 << 16);

    public void OpenContext(int ordinal)
    {
    }

    public int? OpenDevice => 0;

    public void MakeCurrent()
    {
    }

    public void Synchronize()
    {
    }

    public CudaMemoryInfo GetMemory() => new(1 << 30, 1 << 30);

    public DeviceAddress Allocate(long bytes)
    {
        var address = (ulong)NativeMemory.AlignedAlloc((nuint)Math.Max(1, bytes), 256);
        memory.Add(address);
        return new DeviceAddress(address);
    }

    public void Free(DeviceAddress address)
    {
        Assert.True(memory.Remove(address.Value));
        NativeMemory.AlignedFree((void*)address.Value);
    }

    public nint AllocateHost(long bytes) => throw new NotSupportedException();

    public void FreeHost(nint address) => throw new NotSupportedException();

    public void CopyToDevice(DeviceAddress destination, nint source, long bytes, CudaStream stream) =>
        NativeMemory.Copy((void*)source, (void*)destination.Value, (nuint)bytes);

    public void CopyToHost(nint destination, DeviceAddress source, long bytes, CudaStream stream) =>
        NativeMemory.Copy((void*)source.Value, (void*)destination, (nuint)bytes);

    public void CopyOnDevice(DeviceAddress destination, DeviceAddress source, long bytes, CudaStream stream) =>
        throw new NotSupportedException();

    public void Fill(DeviceAddress destination, uint value, long words, CudaStream stream) => throw new NotSupportedException();

    public CudaModule LoadModule(string name, ReadOnlySpan<byte> ptx) => throw new NotSupportedException();

    public void UnloadModule(CudaModule module) => throw new NotSupportedException();

    public CudaFunction GetFunction(CudaModule module, KernelSignature signature) => throw new NotSupportedException();

    public void AllowSharedMemory(CudaFunction function, int bytes) => throw new NotSupportedException();

    public void Launch(CudaFunction function, in LaunchShape shape, void** arguments) => throw new NotSupportedException();

    public CudaStream CreateStream() => new(next++);

    public void DestroyStream(CudaStream stream)
    {
    }

    public void SynchronizeStream(CudaStream stream)
    {
    }

    public CudaEvent CreateEvent(bool timing)
    {
        times.Add(next, 0);
        return new CudaEvent(next++);
    }

    public void DestroyEvent(CudaEvent marker) => Assert.True(times.Remove(marker.Handle));

    public void RecordEvent(CudaEvent marker, CudaStream stream) => times[marker.Handle] = Stopwatch.GetTimestamp();

    public void WaitEvent(CudaStream stream, CudaEvent marker) => throw new NotSupportedException();

    public void SynchronizeEvent(CudaEvent marker)
    {
    }

    public float ElapsedMilliseconds(CudaEvent start, CudaEvent end) =>
        (float)Stopwatch.GetElapsedTime(times[start.Handle], times[end.Handle]).TotalMilliseconds;

    public void BeginCapture(CudaStream stream) => throw new NotSupportedException();

    public CudaGraph EndCapture(CudaStream stream) => throw new NotSupportedException();

    public void LaunchGraph(CudaGraph graph, CudaStream stream) => throw new NotSupportedException();

    public void DestroyGraph(CudaGraph graph) => throw new NotSupportedException();

    public void Dispose()
    {
        Assert.Empty(memory);
        Assert.Empty(times);
    }
}
