using Fovea.Cuda;
using Fovea.Cuda.Checks;

namespace Fovea.Gpu.Profiling;

/// <summary>Passes everything on to another driver and marks what is given to a stream.</summary>
/// <param name="driver">Does the work; disposed of with this.</param>
internal sealed unsafe class ProfilingDriver(ICudaDriver driver) : PassingDriver(driver)
{
    /// <summary>Takes the marks.</summary>
    public StreamProfile Profile { get; } = new(driver);

    public override void CopyToDevice(DeviceAddress destination, nint source, long bytes, CudaStream stream)
    {
        base.CopyToDevice(destination, source, bytes, stream);
        Profile.Mark("copy to the device", stream);
    }

    public override void CopyToHost(nint destination, DeviceAddress source, long bytes, CudaStream stream)
    {
        base.CopyToHost(destination, source, bytes, stream);
        Profile.Mark("copy to the host", stream);
    }

    public override void CopyOnDevice(DeviceAddress destination, DeviceAddress source, long bytes, CudaStream stream)
    {
        base.CopyOnDevice(destination, source, bytes, stream);
        Profile.Mark("copy on the device", stream);
    }

    public override void Fill(DeviceAddress destination, uint value, long words, CudaStream stream)
    {
        base.Fill(destination, value, words, stream);
        Profile.Mark("fill", stream);
    }

    public override void Launch(CudaFunction function, in LaunchShape shape, void** arguments)
    {
        base.Launch(function, shape, arguments);
        Profile.Mark(function.Signature.Name, shape.Stream);
    }

    public override void LaunchGraph(CudaGraph graph, CudaStream stream)
    {
        base.LaunchGraph(graph, stream);
        Profile.Mark("graph", stream);
    }

    public override void Dispose()
    {
        Profile.Dispose();
        base.Dispose();
    }
}
