using Fovea.Cuda.Cudnn;

namespace Fovea.Cuda;

/// <summary>
/// What a machine has of CUDA, each part asked by itself: for reports. It finds what detectors would, by the same search, and leaves nothing
/// open but the libraries.
/// </summary>
internal sealed record CudaSurvey
{
    /// <summary>The driver's library and the CUDA that it serves; null: <see cref="DriverProblem"/> says why.</summary>
    public string? Driver { get; init; }

    /// <summary>Why there is no driver or no device; null: there is.</summary>
    public CudaException? DriverProblem { get; init; }

    /// <summary>Those that the driver shows, whether they serve or not.</summary>
    public IReadOnlyList<CudaDeviceInfo> Devices { get; init; } = [];

    /// <summary>cuDNN's version and file; null: <see cref="CudnnProblem"/> says why, or its variable wants none.</summary>
    public string? Cudnn { get; init; }

    /// <summary>Why there is no cuDNN; null: there is, or its variable wants none.</summary>
    public CudaException? CudnnProblem { get; init; }

    /// <summary>Names of the kernels' files.</summary>
    public IReadOnlyList<string> Kernels { get; init; } = [];

    /// <summary>Looks.</summary>
    /// <param name="libraries">Finds the libraries.</param>
    public static CudaSurvey Of(CudaLibraries libraries)
    {
        ArgumentNullException.ThrowIfNull(libraries);
        return new CudaSurvey { Kernels = PtxLibrary.Names }.WithDriver(libraries).WithCudnn(libraries);
    }

    private CudaSurvey WithDriver(CudaLibraries libraries)
    {
        try
        {
            using var driver = new CudaDriver(libraries);
            return this with
            {
                Driver = driver.Description,
                Devices = [.. Enumerable.Range(0, driver.DeviceCount).Select(driver.GetDevice)],
            };
        }
        catch (CudaException e)
        {
            return this with { DriverProblem = e };
        }
    }

    private CudaSurvey WithCudnn(CudaLibraries libraries)
    {
        if (libraries.IsUnwanted(CudaLibrary.Cudnn))
        {
            return this;
        }

        try
        {
            var loaded = libraries.Open(CudaLibrary.Cudnn);
            var version = CudnnHandle.Require(new CudnnLibrary(loaded.Handle, loaded.Path));
            return this with { Cudnn = $"{CudnnHandle.Text(version)}, {loaded.Path}" };
        }
        catch (CudaException e)
        {
            return this with { CudnnProblem = e };
        }
    }
}
