using Fovea.CompilerServices;
using Fovea.Cpu;
using Fovea.Cuda;
using Fovea.Devices;

namespace Fovea.Model;

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
        var wantsCuda = options.Device.Kind != DeviceKind.Cpu;

        // Trimming takes the switch for a constant, and this branch holds all that leads to the backend.
        if (CudaFeature.IsSupported)
        {
            if (wantsCuda && TryOpenCuda(options, ref reason) is { } platform)
            {
                device = Device.CudaAt(options.Device.Ordinal);
                return CreateModel(program, platform);
            }
        }
        else if (wantsCuda)
        {
            reason = LeftOut(options.Device);
        }

        device = Device.Cpu;
        if (options.Threads == 0)
        {
            return new CpuModel(program, WorkerPool.Shared, ownsPool: false);
        }

        var pool = new WorkerPool(options.Threads);
        try
        {
            return new CpuModel(program, pool, ownsPool: true);
        }
        catch
        {
            pool.Dispose();
            throw;
        }
    }

    private static CudaModel CreateModel(DetectorProgram program, CudaPlatform platform)
    {
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

    /// <summary>Why <see cref="Device.Auto"/> takes the CPU in an application that has no CUDA.</summary>
    private static string LeftOut(Device device) => device == Device.Auto ? CudaFeature.WhyLeftOut : throw CudaFeature.LeftOut();

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
