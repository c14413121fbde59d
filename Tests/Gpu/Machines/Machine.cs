using Fovea.Cuda;
using Fovea.Cuda.Checks;
using Fovea.Cuda.Checks.Cudnn;
using Fovea.Cuda.Cudnn;

namespace Fovea.Gpu.Machines;

/// <summary>Opens drivers and cuDNN of a kind of machine.</summary>
/// <param name="kind">Real, recording or simulated.</param>
internal sealed class Machine(MachineKind kind)
{
    /// <summary>What it is.</summary>
    public MachineKind Kind => kind;

    /// <summary>Whether results are numbers that can be compared.</summary>
    public bool HasNumbers => kind != MachineKind.Recording;

    /// <summary>Whether times mean anything.</summary>
    public bool HasTimes => kind == MachineKind.Real;

    /// <summary>Whether models of real size can run.</summary>
    public bool TakesLargeModels => kind != MachineKind.Simulated;

    /// <summary>A driver whose context is not opened yet.</summary>
    public ICudaDriver CreateDriver() => kind switch
    {
        MachineKind.Real => new CudaDriver(),
        MachineKind.Recording => new RecordingCudaDriver(),
        _ => NativeBuild.Obstacle is { } obstacle ? throw new NotSupportedException(obstacle) : SimulatedGpu.Open(KernelLibraries.Folder),
    };

    /// <summary>A driver with its context opened on the first device.</summary>
    public ICudaDriver OpenDriver()
    {
        var driver = CreateDriver();
        try
        {
            driver.OpenContext(0);
            return driver;
        }
        catch
        {
            driver.Dispose();
            throw;
        }
    }

    /// <summary>Options for a detector over a driver that is not opened.</summary>
    public static DetectorOptions OptionsFor(ICudaDriver driver, Precision precision) =>
        new() { Device = Device.Cuda, CudaDriver = driver, Precision = precision };

    /// <summary>cuDNN with both of its APIs; null over a recording driver.</summary>
    /// <exception cref="CudaException">It is not installed.</exception>
    public (CudnnLibrary Library, CudnnLegacy Legacy)? OpenCudnn()
    {
        if (kind == MachineKind.Recording)
        {
            return null;
        }

        if (kind == MachineKind.Simulated)
        {
            var simulator = CudnnSimulator.Shared;
            return simulator.Library is { } simulated
                ? (simulated, simulator.Legacy!)
                : throw new NotSupportedException(simulator.Unavailable);
        }

        var loaded = CudaLibraries.Default.Open(CudaLibrary.Cudnn);
        var library = new CudnnLibrary(loaded.Handle, loaded.Path);
        return (library, new CudnnLegacy(library, loaded.Handle));
    }
}
