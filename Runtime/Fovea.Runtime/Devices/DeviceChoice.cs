using Fovea.Cpu;
using Fovea.Cuda;
using Fovea.Model;

namespace Fovea.Devices;

/// <summary>A model's memory on the device that the options ask for.</summary>
internal static class DeviceChoice
{
    /// <summary>Opens the device.</summary>
    /// <param name="program">The generated network.</param>
    /// <param name="options">Device, threads, precision.</param>
    /// <param name="device">What was chosen; never <see cref="Device.Auto"/>.</param>
    /// <param name="reason">Why <see cref="Device.Auto"/> did not choose CUDA; null where that was not asked, or is so.</param>
    /// <exception cref="CudaException">CUDA was asked for and cannot be used.</exception>
    public static DeviceModel Open(DetectorProgram program, DetectorOptions options, out Device device, out string? reason)
    {
        reason = null;
        if (options.Device.Kind != DeviceKind.Cpu && TryOpenCuda(options, ref reason) is { } platform)
        {
            device = Device.CudaAt(options.Device.Ordinal);
            try
            {
                return new CudaModel(program, platform);
            }
            catch
            {
                platform.Dispose();
                throw;
            }
        }

        device = Device.Cpu;
        var pool = options.Threads > 0 ? new WorkerPool(options.Threads) : WorkerPool.Shared;
        return new CpuModel(program, pool, ownsPool: options.Threads > 0);
    }

    private static CudaPlatform? TryOpenCuda(DetectorOptions options, ref string? reason)
    {
        try
        {
            return CudaPlatform.Open(options.CudaDriver, options.Device.Ordinal, options.Precision, options.Cudnn, options.Streams);
        }
        catch (CudaException e) when (options.Device == Device.Auto)
        {
            reason = e.Failure switch
            {
                CudaFailure.NoDriver => "no CUDA driver",
                CudaFailure.NoDevice => "no CUDA device",
                _ => e.Message,
            };
            return null;
        }
    }
}
