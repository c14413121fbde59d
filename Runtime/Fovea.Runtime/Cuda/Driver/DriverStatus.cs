namespace Fovea.Cuda;

/// <summary>The codes of the driver API (CUresult) that Fovea tells apart.</summary>
internal static class DriverStatus
{
    public const int Success = 0;
    public const int OutOfMemory = 2;
    public const int StubLibrary = 34;
    public const int DeviceUnavailable = 46;
    public const int NoDevice = 100;
    public const int InvalidDevice = 101;
    public const int NoBinaryForDevice = 209;
    public const int EccUncorrectable = 214;
    public const int InvalidPtx = 218;
    public const int NvlinkUncorrectable = 220;
    public const int NoJitCompiler = 221;
    public const int UnsupportedPtxVersion = 222;
    public const int NotFound = 500;
    public const int IllegalAddress = 700;
    public const int LaunchOutOfResources = 701;
    public const int LaunchTimeout = 702;
    public const int ContextIsDestroyed = 709;
    public const int Assert = 710;
    public const int HardwareStackError = 714;
    public const int IllegalInstruction = 715;
    public const int MisalignedAddress = 716;
    public const int InvalidAddressSpace = 717;
    public const int InvalidProgramCounter = 718;
    public const int LaunchFailed = 719;
    public const int SystemNotReady = 802;
    public const int SystemDriverMismatch = 803;
    public const int CompatibilityNotSupported = 804;
    public const int Unknown = 999;

    /// <summary>Which kind of failure a code is.</summary>
    public static CudaFailure FailureOf(int status) => status switch
    {
        OutOfMemory => CudaFailure.OutOfMemory,
        StubLibrary or SystemDriverMismatch or CompatibilityNotSupported => CudaFailure.NoDriver,
        NoDevice or InvalidDevice or SystemNotReady => CudaFailure.NoDevice,
        UnsupportedPtxVersion or NoJitCompiler => CudaFailure.DriverTooOld,
        NoBinaryForDevice => CudaFailure.DeviceTooOld,
        InvalidPtx or NotFound or LaunchOutOfResources => CudaFailure.Kernel,
        DeviceUnavailable or EccUncorrectable or NvlinkUncorrectable or ContextIsDestroyed or Unknown => CudaFailure.DeviceLost,
        _ => IsKernelFault(status) ? CudaFailure.Kernel : CudaFailure.Call,
    };

    /// <summary>Whether a kernel that was started earlier has broken the context: every later call returns the same code.</summary>
    public static bool IsKernelFault(int status) =>
        status is IllegalAddress or LaunchTimeout or Assert or HardwareStackError or IllegalInstruction or MisalignedAddress
            or InvalidAddressSpace or InvalidProgramCounter or LaunchFailed;

    /// <summary>What to do about a code.</summary>
    public static string AdviceFor(int status) => status switch
    {
        OutOfMemory => "Use a smaller batch or canvas, end other programs on the device, or use --device cpu.",
        StubLibrary => "The library is the toolkit's stub: let the loader find the driver's own, or set FOVEA_CUDA_LIBRARY to it.",
        NoDevice or InvalidDevice => "Check nvidia-smi and CUDA_VISIBLE_DEVICES, or use --device cpu.",
        SystemNotReady => "Start the fabric manager (nvidia-fabricmanager), or use --device cpu.",
        SystemDriverMismatch or CompatibilityNotSupported =>
            "Install one driver whose library and kernel module are of the same version, then reboot.",
        UnsupportedPtxVersion or NoJitCompiler => "Install a newer NVIDIA driver.",
        NoBinaryForDevice => "Use a device of compute capability 7.5 (Turing) or higher, or --device cpu.",
        DeviceUnavailable or EccUncorrectable or NvlinkUncorrectable or ContextIsDestroyed or Unknown =>
            "The device is lost: check nvidia-smi and the system log, then start the process again; checkpoints on disk are whole.",
        _ => IsKernelFault(status)
            ? "The process must be started again; compute-sanitizer, or CUDA_LAUNCH_BLOCKING=1, tells which kernel it was."
            : "This is a defect of Fovea or of the driver; please report it.",
    };
}
