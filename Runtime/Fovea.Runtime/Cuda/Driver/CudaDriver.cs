using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fovea.Cuda;

/// <summary>
/// NVIDIA's driver (libcuda) through function pointers: no wrapper objects, nothing marshalled, and a launch allocates nothing.
/// Members may be called from any thread on which the context is current.
/// </summary>
internal sealed unsafe partial class CudaDriver : ICudaDriver
{
    /// <summary>Turing, the oldest architecture that there are kernels for.</summary>
    public const int MinimumCapability = 75;

    private const int AttributeMultiprocessors = 16;
    private const int AttributeCapabilityMajor = 75;
    private const int AttributeCapabilityMinor = 76;
    private const int AttributeSharedBytesPerBlockOptIn = 97;

    private readonly LoadedLibrary library;
    private readonly DriverEntryPoints api;
    private readonly LaunchTrace trace = new();
    private readonly DriverErrors errors;
    private readonly Lock gate = new();
    private nint context;
    private int device;
    private int openOrdinal;
    private bool disposed;

    /// <summary>Opens the driver's library where <see cref="CudaLibraries.Default"/> finds it.</summary>
    /// <exception cref="CudaException">There is no driver, no device, or the driver is too old.</exception>
    public CudaDriver()
        : this(CudaLibraries.Default)
    {
    }

    /// <summary>Opens the driver's library.</summary>
    /// <param name="libraries">Finds it.</param>
    /// <exception cref="CudaException">There is no driver, no device, or the driver is too old.</exception>
    public CudaDriver(CudaLibraries libraries)
    {
        ArgumentNullException.ThrowIfNull(libraries);
        library = libraries.Open(CudaLibrary.Driver);
        api = new DriverEntryPoints(library);
        errors = new DriverErrors(api, trace);
        var status = api.Init(0);
        if (status == DriverStatus.Unknown)
        {
            throw new CudaException(
                CudaFailure.NoDriver,
                $"cuInit failed: {errors.Describe(status)}; expected the driver's kernel module, found none that answers. "
                + "Check nvidia-smi, restart the machine or its container with access to the device, or use --device cpu.");
        }

        Check(status, "cuInit");
    }

    /// <inheritdoc/>
    public event Action? Disposing;

    // ---- device and context -----------------------------------------------------------------------------------------------------

    /// <inheritdoc/>
    public string Description => $"{library.Path}, CUDA {DriverEntryPoints.Format(api.Version)}";

    /// <inheritdoc/>
    public int DeviceCount
    {
        get
        {
            ThrowIfDisposed();
            int count;
            Check(api.DeviceGetCount(&count), "cuDeviceGetCount");
            return count;
        }
    }

    /// <inheritdoc/>
    public CudaDeviceInfo GetDevice(int ordinal)
    {
        ThrowIfDisposed();
        var handle = HandleOf(ordinal);
        const int NameLength = 256;
        var name = stackalloc byte[NameLength];
        nuint memory;
        Check(api.DeviceGetName(name, NameLength, handle), "cuDeviceGetName");
        Check(api.DeviceTotalMemory(&memory, handle), "cuDeviceTotalMem_v2");
        return new CudaDeviceInfo(
            ordinal,
            Marshal.PtrToStringUTF8((nint)name)!,
            Attribute(handle, AttributeCapabilityMajor),
            Attribute(handle, AttributeCapabilityMinor),
            Attribute(handle, AttributeMultiprocessors),
            (long)memory,
            Attribute(handle, AttributeSharedBytesPerBlockOptIn));
    }

    /// <inheritdoc/>
    public void OpenContext(int ordinal)
    {
        var info = GetDevice(ordinal);
        if (info.Capability < MinimumCapability)
        {
            throw new CudaException(
                CudaFailure.DeviceTooOld,
                $"{info}: expected compute capability 7.5 (Turing) or higher, found {info.Major}.{info.Minor}. "
                + "Use another device or --device cpu.");
        }

        lock (gate)
        {
            if (context != 0)
            {
                throw new InvalidOperationException("OpenContext: this driver has a context already; use one driver for each device.");
            }

            device = HandleOf(ordinal);
            nint retained;
            Check(api.PrimaryContextRetain(&retained, device), "cuDevicePrimaryCtxRetain");
            (context, openOrdinal) = (retained, ordinal);
        }

        MakeCurrent();
    }

    /// <inheritdoc/>
    public int? OpenDevice => context == 0 ? null : openOrdinal;

    /// <inheritdoc/>
    public void MakeCurrent()
    {
        ThrowIfDisposed();
        if (context == 0)
        {
            throw new InvalidOperationException("MakeCurrent: expected an open context, found none. Call OpenContext first.");
        }

        Check(api.ContextSetCurrent(context), "cuCtxSetCurrent");
    }

    /// <inheritdoc/>
    public void Synchronize()
    {
        ThrowIfDisposed();
        Check(api.ContextSynchronize(), "cuCtxSynchronize");
        trace.Clear();
    }

    /// <inheritdoc/>
    public CudaMemoryInfo GetMemory()
    {
        ThrowIfDisposed();
        nuint free, total;
        Check(api.MemoryGetInfo(&free, &total), "cuMemGetInfo_v2");
        return new CudaMemoryInfo((long)free, (long)total);
    }

    /// <summary>
    /// Releases the primary context, once. It stays current on its threads: another driver of this process may share it, and the library
    /// stays loaded for the same reason.
    /// </summary>
    public void Dispose()
    {
        Disposing?.Invoke();
        lock (gate)
        {
            if (disposed)
            {
                return;
            }

            disposed = true;
            if (context != 0)
            {
                // A context that a kernel has broken answers with that kernel's fault, which was reported where it was found.
                _ = api.PrimaryContextRelease(device);
                context = 0;
            }
        }
    }

    private int HandleOf(int ordinal)
    {
        var count = DeviceCount;
        if (count == 0)
        {
            throw errors.For(DriverStatus.NoDevice, "cuDeviceGetCount");
        }

        if ((uint)ordinal >= (uint)count)
        {
            throw new CudaException(CudaFailure.NoDevice, string.Create(
                CultureInfo.InvariantCulture,
                $"CUDA device {ordinal}: expected 0 … {count - 1}, as there are {count}. Check nvidia-smi and CUDA_VISIBLE_DEVICES."));
        }

        int handle;
        Check(api.DeviceGet(&handle, ordinal), "cuDeviceGet");
        return handle;
    }

    private int Attribute(int handle, int attribute)
    {
        int value;
        Check(api.DeviceGetAttribute(&value, attribute, handle), "cuDeviceGetAttribute");
        return value;
    }

    // ---- checks -------------------------------------------------------------------------------------------------------------------

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Check(int status, string call, KernelSignature? kernel = null)
    {
        if (status != DriverStatus.Success)
        {
            throw errors.For(status, call, kernel);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(disposed, this);
}
