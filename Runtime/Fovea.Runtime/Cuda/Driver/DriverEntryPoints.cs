using System.Globalization;
using System.Runtime.InteropServices;

namespace Fovea.Cuda;

/// <summary>
/// The entry points of one libcuda, as function pointers: nothing is marshalled, nothing is looked up for a call, and a test can bring a
/// library of its own. Types are CUDA's on a 64-bit system; every function returns a CUresult.
/// </summary>
internal sealed unsafe class DriverEntryPoints
{
    /// <summary>CUDA 11.0: the first that knows PTX 7.0, in which the kernels for Ampere and later are written.</summary>
    public const int MinimumVersion = 11000;

    public delegate* unmanaged<uint, int> Init { get; private set; }
    public delegate* unmanaged<int*, int> DriverGetVersion { get; private set; }
    public delegate* unmanaged<int, byte**, int> GetErrorName { get; private set; }
    public delegate* unmanaged<int, byte**, int> GetErrorString { get; private set; }

    public delegate* unmanaged<int*, int> DeviceGetCount { get; private set; }
    public delegate* unmanaged<int*, int, int> DeviceGet { get; private set; }
    public delegate* unmanaged<byte*, int, int, int> DeviceGetName { get; private set; }
    public delegate* unmanaged<int*, int, int, int> DeviceGetAttribute { get; private set; }
    public delegate* unmanaged<nuint*, int, int> DeviceTotalMemory { get; private set; }
    public delegate* unmanaged<nint*, int, int> PrimaryContextRetain { get; private set; }
    public delegate* unmanaged<int, int> PrimaryContextRelease { get; private set; }
    public delegate* unmanaged<nint, int> ContextSetCurrent { get; private set; }
    public delegate* unmanaged<int> ContextSynchronize { get; private set; }

    public delegate* unmanaged<nuint*, nuint*, int> MemoryGetInfo { get; private set; }
    public delegate* unmanaged<ulong*, nuint, int> MemoryAllocate { get; private set; }
    public delegate* unmanaged<ulong, int> MemoryFree { get; private set; }
    public delegate* unmanaged<nint*, nuint, uint, int> HostAllocate { get; private set; }
    public delegate* unmanaged<nint, int> HostFree { get; private set; }
    public delegate* unmanaged<ulong, nint, nuint, nint, int> CopyHostToDevice { get; private set; }
    public delegate* unmanaged<nint, ulong, nuint, nint, int> CopyDeviceToHost { get; private set; }
    public delegate* unmanaged<ulong, ulong, nuint, nint, int> CopyDeviceToDevice { get; private set; }
    public delegate* unmanaged<ulong, uint, nuint, nint, int> FillWords { get; private set; }

    public delegate* unmanaged<nint*, byte*, uint, int*, void**, int> ModuleLoad { get; private set; }
    public delegate* unmanaged<nint, int> ModuleUnload { get; private set; }
    public delegate* unmanaged<nint*, nint, byte*, int> ModuleGetFunction { get; private set; }
    public delegate* unmanaged<nint, int, int, int> FunctionSetAttribute { get; private set; }
    public delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int> LaunchKernel { get; private set; }

    public delegate* unmanaged<nint*, uint, int> StreamCreate { get; private set; }
    public delegate* unmanaged<nint, int> StreamDestroy { get; private set; }
    public delegate* unmanaged<nint, int> StreamSynchronize { get; private set; }
    public delegate* unmanaged<nint, nint, uint, int> StreamWaitEvent { get; private set; }
    public delegate* unmanaged<nint*, uint, int> EventCreate { get; private set; }
    public delegate* unmanaged<nint, int> EventDestroy { get; private set; }
    public delegate* unmanaged<nint, nint, int> EventRecord { get; private set; }
    public delegate* unmanaged<nint, int> EventSynchronize { get; private set; }
    public delegate* unmanaged<float*, nint, nint, int> EventElapsedTime { get; private set; }

    public delegate* unmanaged<nint, int, int> StreamBeginCapture { get; private set; }
    public delegate* unmanaged<nint, nint*, int> StreamEndCapture { get; private set; }
    public delegate* unmanaged<nint, nint, int> GraphLaunch { get; private set; }
    public delegate* unmanaged<nint, int> GraphDestroy { get; private set; }
    public delegate* unmanaged<nint, int> GraphExecDestroy { get; private set; }

    /// <summary>Since CUDA 11.4; null before.</summary>
    public delegate* unmanaged<nint*, nint, ulong, int> GraphInstantiateWithFlags { get; private set; }

    /// <summary>What there was before; drivers keep it.</summary>
    public delegate* unmanaged<nint*, nint, nint, byte*, nuint, int> GraphInstantiate { get; private set; }

    private readonly LoadedLibrary library;

    /// <summary>Resolves everything, after making sure that the driver is new enough to have it.</summary>
    /// <exception cref="CudaException">The library is no driver, or too old.</exception>
    public DriverEntryPoints(LoadedLibrary library)
    {
        this.library = library;
        DriverGetVersion = (delegate* unmanaged<int*, int>)Find("cuDriverGetVersion");
        Version = ReadVersion();
        Init = (delegate* unmanaged<uint, int>)Find("cuInit");
        GetErrorName = (delegate* unmanaged<int, byte**, int>)Find("cuGetErrorName");
        GetErrorString = (delegate* unmanaged<int, byte**, int>)Find("cuGetErrorString");
        FindDevices();
        FindMemory();
        FindLaunches();
        FindStreams();
        FindCapture();
    }

    /// <summary>CUDA's version that the driver serves: 12080 for 12.8.</summary>
    public int Version { get; }

    /// <summary>12.8 for 12080.</summary>
    public static string Format(int version) => string.Create(CultureInfo.InvariantCulture, $"{version / 1000}.{version % 1000 / 10}");

    private void FindDevices()
    {
        DeviceGetCount = (delegate* unmanaged<int*, int>)Find("cuDeviceGetCount");
        DeviceGet = (delegate* unmanaged<int*, int, int>)Find("cuDeviceGet");
        DeviceGetName = (delegate* unmanaged<byte*, int, int, int>)Find("cuDeviceGetName");
        DeviceGetAttribute = (delegate* unmanaged<int*, int, int, int>)Find("cuDeviceGetAttribute");
        DeviceTotalMemory = (delegate* unmanaged<nuint*, int, int>)Find("cuDeviceTotalMem_v2");
        PrimaryContextRetain = (delegate* unmanaged<nint*, int, int>)Find("cuDevicePrimaryCtxRetain");
        PrimaryContextRelease = (delegate* unmanaged<int, int>)Find("cuDevicePrimaryCtxRelease_v2");
        ContextSetCurrent = (delegate* unmanaged<nint, int>)Find("cuCtxSetCurrent");
        ContextSynchronize = (delegate* unmanaged<int>)Find("cuCtxSynchronize");
    }

    private void FindMemory()
    {
        MemoryGetInfo = (delegate* unmanaged<nuint*, nuint*, int>)Find("cuMemGetInfo_v2");
        MemoryAllocate = (delegate* unmanaged<ulong*, nuint, int>)Find("cuMemAlloc_v2");
        MemoryFree = (delegate* unmanaged<ulong, int>)Find("cuMemFree_v2");
        HostAllocate = (delegate* unmanaged<nint*, nuint, uint, int>)Find("cuMemHostAlloc");
        HostFree = (delegate* unmanaged<nint, int>)Find("cuMemFreeHost");
        CopyHostToDevice = (delegate* unmanaged<ulong, nint, nuint, nint, int>)Find("cuMemcpyHtoDAsync_v2");
        CopyDeviceToHost = (delegate* unmanaged<nint, ulong, nuint, nint, int>)Find("cuMemcpyDtoHAsync_v2");
        CopyDeviceToDevice = (delegate* unmanaged<ulong, ulong, nuint, nint, int>)Find("cuMemcpyDtoDAsync_v2");
        FillWords = (delegate* unmanaged<ulong, uint, nuint, nint, int>)Find("cuMemsetD32Async");
    }

    private void FindLaunches()
    {
        ModuleLoad = (delegate* unmanaged<nint*, byte*, uint, int*, void**, int>)Find("cuModuleLoadDataEx");
        ModuleUnload = (delegate* unmanaged<nint, int>)Find("cuModuleUnload");
        ModuleGetFunction = (delegate* unmanaged<nint*, nint, byte*, int>)Find("cuModuleGetFunction");
        FunctionSetAttribute = (delegate* unmanaged<nint, int, int, int>)Find("cuFuncSetAttribute");
        LaunchKernel =
            (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int>)Find("cuLaunchKernel");
    }

    private void FindStreams()
    {
        StreamCreate = (delegate* unmanaged<nint*, uint, int>)Find("cuStreamCreate");
        StreamDestroy = (delegate* unmanaged<nint, int>)Find("cuStreamDestroy_v2");
        StreamSynchronize = (delegate* unmanaged<nint, int>)Find("cuStreamSynchronize");
        StreamWaitEvent = (delegate* unmanaged<nint, nint, uint, int>)Find("cuStreamWaitEvent");
        EventCreate = (delegate* unmanaged<nint*, uint, int>)Find("cuEventCreate");
        EventDestroy = (delegate* unmanaged<nint, int>)Find("cuEventDestroy_v2");
        EventRecord = (delegate* unmanaged<nint, nint, int>)Find("cuEventRecord");
        EventSynchronize = (delegate* unmanaged<nint, int>)Find("cuEventSynchronize");
        EventElapsedTime = (delegate* unmanaged<float*, nint, nint, int>)Find("cuEventElapsedTime");
    }

    private void FindCapture()
    {
        StreamBeginCapture = (delegate* unmanaged<nint, int, int>)Find("cuStreamBeginCapture_v2");
        StreamEndCapture = (delegate* unmanaged<nint, nint*, int>)Find("cuStreamEndCapture");
        GraphLaunch = (delegate* unmanaged<nint, nint, int>)Find("cuGraphLaunch");
        GraphDestroy = (delegate* unmanaged<nint, int>)Find("cuGraphDestroy");
        GraphExecDestroy = (delegate* unmanaged<nint, int>)Find("cuGraphExecDestroy");
        GraphInstantiateWithFlags =
            (delegate* unmanaged<nint*, nint, ulong, int>)FindOptional("cuGraphInstantiateWithFlags");
        GraphInstantiate = GraphInstantiateWithFlags is null
            ? (delegate* unmanaged<nint*, nint, nint, byte*, nuint, int>)Find("cuGraphInstantiate_v2")
            : null;
    }

    private int ReadVersion()
    {
        int version;
        var status = DriverGetVersion(&version);
        if (status == DriverStatus.Success && version >= MinimumVersion)
        {
            return version;
        }

        if (status != DriverStatus.Success)
        {
            throw new CudaException(
                CudaFailure.NoDriver,
                string.Create(CultureInfo.InvariantCulture, $"{library.Path}: cuDriverGetVersion failed with {status}. ")
                + "Install the NVIDIA driver again.");
        }

        throw new CudaException(
            CudaFailure.DriverTooOld,
            $"{library.Path}: expected a driver for CUDA {Format(MinimumVersion)} or newer, found one for {Format(version)}. "
            + "Install a newer NVIDIA driver, or use --device cpu.");
    }

    private nint FindOptional(string name) => NativeLibrary.TryGetExport(library.Handle, name, out var address) ? address : 0;

    private nint Find(string name)
    {
        var address = FindOptional(name);
        return address != 0
            ? address
            : throw new CudaException(
                CudaFailure.NoDriver,
                $"{library.Path}: expected a CUDA driver with the entry point {name}, found none of that name. "
                + "Install a newer NVIDIA driver, or set FOVEA_CUDA_LIBRARY to the driver's libcuda.so.1 (nvcuda.dll on Windows).");
    }
}
