namespace Fovea.Cuda;

/// <summary>A native library that Fovea opens at run time, and how it is found and had.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="LinuxFile">Its file on Linux.</param>
/// <param name="WindowsFile">Its file on Windows.</param>
/// <param name="Variable">The environment variable that names it: a file or a folder.</param>
/// <param name="InPython">Whether pip and conda distribute it.</param>
/// <param name="Dependencies">Patterns of the libraries that it needs, in the order in which they must be loaded.</param>
/// <param name="Failure">What its absence is.</param>
/// <param name="Advice">How to get it.</param>
internal sealed record CudaLibrary(
    string Name,
    string LinuxFile,
    string WindowsFile,
    string Variable,
    bool InPython,
    LibraryPattern[] Dependencies,
    CudaFailure Failure,
    string Advice)
{
    /// <summary>What a variable says instead of a path where an optional library is not to be used: cuDNN.</summary>
    public const string None = "none";

    /// <summary>The driver's own library, which comes with the driver and never in a package.</summary>
    public static CudaLibrary Driver { get; } = new(
        "the CUDA driver", "libcuda.so.1", "nvcuda.dll", "FOVEA_CUDA_LIBRARY", InPython: false, [], CudaFailure.NoDriver,
        "Install the NVIDIA driver (in a container: start it with access to the device), or use --device cpu");

    /// <summary>cuDNN 9. Its parts go before the library that asks for them by name, as no search path can be set from within.</summary>
    public static CudaLibrary Cudnn { get; } = new(
        "cuDNN 9", "libcudnn.so.9", "cudnn64_9.dll", "FOVEA_CUDNN", InPython: true,
        [
            new("libnvrtc-builtins.so.*", "nvrtc-builtins64_*.dll"),
            new("libnvrtc.so.*", "nvrtc64_*.dll"),
            new("libcublasLt.so.*", "cublasLt64_*.dll"),
            new("libcublas.so.*", "cublas64_*.dll"),
            new("libcudnn_*.so.9", "cudnn_*64_9.dll", BesideOnly: true),
        ],
        CudaFailure.Cudnn,
        "Install it with 'pip install nvidia-cudnn-cu12', from your distribution or from NVIDIA, or use --device cpu");

    /// <summary>NCCL 2, for more than one device.</summary>
    public static CudaLibrary Nccl { get; } = new(
        "NCCL 2", "libnccl.so.2", "nccl.dll", "FOVEA_NCCL", InPython: true, [], CudaFailure.Call,
        "Install it with 'pip install nvidia-nccl-cu12', from your distribution or from NVIDIA, or train on one device");

    /// <summary>The file's name on a system.</summary>
    internal string FileFor(bool windows) => windows ? WindowsFile : LinuxFile;
}

/// <summary>Libraries that another needs, as a pattern of file names.</summary>
/// <param name="Linux">With * for what changes between versions.</param>
/// <param name="Windows">With * for what changes between versions.</param>
/// <param name="BesideOnly">Parts of one release: they are taken from the same folder or not at all.</param>
internal sealed record LibraryPattern(string Linux, string Windows, bool BesideOnly = false)
{
    /// <summary>The pattern on a system.</summary>
    internal string FileFor(bool windows) => windows ? Windows : Linux;
}

/// <summary>A library that is loaded, for as long as the process lives.</summary>
/// <param name="Library">Which.</param>
/// <param name="Path">The file, or the name that the loader found it by.</param>
/// <param name="Handle">For <see cref="System.Runtime.InteropServices.NativeLibrary.GetExport(nint, string)"/>.</param>
/// <param name="Dependencies">The files that were loaded before it.</param>
internal sealed record LoadedLibrary(CudaLibrary Library, string Path, nint Handle, IReadOnlyList<string> Dependencies);
