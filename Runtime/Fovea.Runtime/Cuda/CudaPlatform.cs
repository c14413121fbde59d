using System.Globalization;
using Fovea.Cuda.Cudnn;

namespace Fovea.Cuda;

/// <summary>An opened device: driver, device, kernels of a precision, and cuDNN where it is installed.</summary>
internal sealed class CudaPlatform : IDisposable
{
    private readonly string convolutions;

    private CudaPlatform(ICudaDriver driver, bool ownsDriver, int ordinal, Precision precision, CudnnBinding? cudnn, int streams)
    {
        (Driver, OwnsDriver, Streams) = (driver, ownsDriver, streams);
        if (ordinal >= driver.DeviceCount)
        {
            throw new CudaException(CudaFailure.NoDevice, string.Create(
                CultureInfo.InvariantCulture, $"cuda:{ordinal}: {driver.Description} has {driver.DeviceCount} devices; ")
                + "expected a number below that. Or use --device cpu.");
        }

        Device = driver.GetDevice(ordinal);
        OpenContext(driver, ordinal);
        Kernels = new KernelSet(driver, Device, precision);
        Cudnn = cudnn ?? OpenCudnn();
        convolutions = Cudnn is { Library: var library } ? $"cuDNN {CudnnHandle.Text(checked((int)library.GetVersion()))}"
            : driver is not CudaDriver || CudaLibraries.Default.IsUnwanted(CudaLibrary.Cudnn) ? "own convolutions"
            : "own convolutions, since cuDNN is not installed";
    }

    public ICudaDriver Driver { get; }

    /// <summary>Whether nobody else has it.</summary>
    public bool OwnsDriver { get; }

    public CudaDeviceInfo Device { get; }

    public KernelSet Kernels { get; }

    /// <summary>Null where it is not installed: then our own kernels convolve.</summary>
    public CudnnBinding? Cudnn { get; }

    /// <summary>How many streams a session gives its work to.</summary>
    public int Streams { get; }

    /// <summary>In words, for logs.</summary>
    public string Description => $"cuda ({Device.Name}, {Kernels.Precision}, {convolutions})";

    /// <summary>Opens a device.</summary>
    /// <param name="driver">The caller's, or null for libcuda.</param>
    /// <param name="ordinal">Which device.</param>
    /// <param name="precision">How values are stored.</param>
    /// <param name="cudnn">The caller's, or null for the one that is installed.</param>
    /// <param name="streams">Of a session.</param>
    /// <exception cref="CudaException">There is no driver or device that serves; one line says why and what to do.</exception>
    public static CudaPlatform Open(
        ICudaDriver? driver, int ordinal, Precision precision, CudnnBinding? cudnn = null, int streams = StreamLanes.DefaultCount)
    {
        var opened = driver ?? new CudaDriver();
        try
        {
            return new CudaPlatform(opened, driver is null, ordinal, precision, cudnn, streams);
        }
        catch
        {
            if (driver is null)
            {
                opened.Dispose();
            }

            throw;
        }
    }

    /// <summary>cuDNN for one session, which disposes of it; null where it is not installed.</summary>
    public CudnnConvolutions? CreateConvolutions() =>
        Cudnn is null ? null : new CudnnConvolutions(Driver, Cudnn.Library, Kernels.Precision, Device, Cudnn.Options);

    public void Dispose()
    {
        Kernels.Dispose();
        if (OwnsDriver)
        {
            Driver.Dispose();
        }
    }

    /// <summary>A driver that several detectors share is opened by the first of them.</summary>
    private static void OpenContext(ICudaDriver driver, int ordinal)
    {
        if (driver.OpenDevice is not { } open)
        {
            driver.OpenContext(ordinal);
        }
        else if (open == ordinal)
        {
            driver.MakeCurrent();
        }
        else
        {
            throw new CudaException(string.Create(
                CultureInfo.InvariantCulture,
                $"cuda:{ordinal}: the given driver is open on device {open}; expected the same. Use one driver for each device."));
        }
    }

    /// <summary>The installed cuDNN works only over the real driver: a recording or adapted one has no context that it could use.</summary>
    private CudnnBinding? OpenCudnn()
    {
        if (Driver is not CudaDriver || CudaLibraries.Default.IsUnwanted(CudaLibrary.Cudnn))
        {
            return null;
        }

        try
        {
            var loaded = CudaLibraries.Default.Open(CudaLibrary.Cudnn);
            return new CudnnBinding(new CudnnLibrary(loaded.Handle, loaded.Path), new CudnnOptions());
        }
        catch (CudaException e) when (e.Failure == CudaFailure.Cudnn)
        {
            return null;
        }
    }
}
