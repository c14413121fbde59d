using System.Globalization;

namespace Fovea.Cuda.Cudnn;

/// <summary>cuDNN's status codes, and how they become errors of one line.</summary>
internal static class CudnnStatus
{
    /// <summary>CUDNN_STATUS_SUCCESS.</summary>
    public const int Success = 0;

    /// <summary>CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH: parts of two cuDNNs are in the process.</summary>
    public const int SublibraryVersionMismatch = 1002;

    /// <summary>What installs a cuDNN that serves; ends messages about one that does not.</summary>
    public const string HowToInstall =
        "install cuDNN 9 for your CUDA (pip install nvidia-cudnn-cu12 or nvidia-cudnn-cu13, or NVIDIA's package cudnn9)";

    /// <summary>
    /// Whether an engine has said that it cannot do this (3000 …) or failed to come about (4000 …), so that another may be asked.
    /// </summary>
    public static bool IsRefusal(int status) => status is >= 3000 and < 5000;

    /// <summary>Throws unless the status is success.</summary>
    /// <param name="library">Names the status and tells its last error.</param>
    /// <param name="status">What the call returned.</param>
    /// <param name="call">The call, and for a descriptor its type and attribute.</param>
    public static void Check(ICudnnLibrary library, int status, string call)
    {
        if (status != Success)
        {
            throw Failure(library, status, call);
        }
    }

    /// <summary>The error for a status.</summary>
    /// <param name="library">Names the status and tells its last error.</param>
    /// <param name="status">What the call returned.</param>
    /// <param name="call">The call, and for a descriptor its type and attribute.</param>
    public static CudaException Failure(ICudnnLibrary library, int status, string call) =>
        status == SublibraryVersionMismatch
            ? new CudaException(
                CudaFailure.Cudnn,
                $"cuDNN ({library.Description}) found parts of another cuDNN in this process ({Describe(library, status)}): " +
                "remove one of the two, or point LD_LIBRARY_PATH and the Python environment at the same one.")
            : new CudaException(CudaFailure.Cudnn, $"cuDNN: {call} failed: {Describe(library, status)}.");

    /// <summary>The status by name and number, with the library's last words where it has some; one line.</summary>
    public static string Describe(ICudnnLibrary library, int status)
    {
        var named = string.Create(CultureInfo.InvariantCulture, $"{library.GetErrorString(status)} ({status})");
        var last = library.GetLastErrorString().ReplaceLineEndings(" ").Trim().TrimEnd('.');
        return last.Length == 0 ? named : $"{named}: {last}";
    }
}
