using Fovea.Cuda.Checks;

namespace Fovea.Cuda.Tests.Support;

/// <summary>
/// A driver that tells what the driver below it allocates on the managed heap in the calls of a replay, so that what remains of a thread's
/// allocations is Fovea's: a recording driver writes lines.
/// </summary>
/// <param name="driver">Does the work; disposed of with this.</param>
internal sealed class AllocationMeter(ICudaDriver driver) : PassingDriver(driver)
{
    /// <summary>Bytes allocated below by the calls that are measured.</summary>
    public long Below { get; private set; }

    public override void MakeCurrent()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        base.MakeCurrent();
        Add(before);
    }

    public override void LaunchGraph(CudaGraph graph, CudaStream stream)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        base.LaunchGraph(graph, stream);
        Add(before);
    }

    public override void SynchronizeStream(CudaStream stream)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        base.SynchronizeStream(stream);
        Add(before);
    }

    public override void SynchronizeEvent(CudaEvent marker)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        base.SynchronizeEvent(marker);
        Add(before);
    }

    public override void RecordEvent(CudaEvent marker, CudaStream stream)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        base.RecordEvent(marker, stream);
        Add(before);
    }

    public override void CopyToHost(nint destination, DeviceAddress source, long bytes, CudaStream stream)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        base.CopyToHost(destination, source, bytes, stream);
        Add(before);
    }

    public override void CopyToDevice(DeviceAddress destination, nint source, long bytes, CudaStream stream)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        base.CopyToDevice(destination, source, bytes, stream);
        Add(before);
    }

    private void Add(long before) => Below += GC.GetAllocatedBytesForCurrentThread() - before;
}
