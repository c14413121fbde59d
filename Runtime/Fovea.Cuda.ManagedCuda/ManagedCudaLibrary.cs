using System.Reflection;
using System.Runtime.Loader;

namespace Fovea.Cuda;

/// <summary>
/// Brings ManagedCuda to the driver's library. It asks for libcuda, and without a CUDA toolkit there is no file of that name on Linux; the
/// driver installs libcuda.so.1. Its assembly sets a resolver of its own in a static constructor and fails if there is one already, so the
/// load context answers instead, which is asked last.
/// </summary>
internal static class ManagedCudaLibrary
{
    private static readonly Lock Gate = new();
    private static nint handle;

    /// <summary>Opens the driver's library and answers with it from now on. Must come before the first use of ManagedCuda.</summary>
    public static LoadedLibrary Open(CudaLibraries libraries)
    {
        var library = libraries.Open(CudaLibrary.Driver);
        lock (Gate)
        {
            if (handle == 0)
            {
                AssemblyLoadContext.Default.ResolvingUnmanagedDll += Resolve;
            }

            handle = library.Handle;
        }

        return library;
    }

    private static nint Resolve(Assembly assembly, string name)
    {
        var isManagedCuda = assembly == typeof(global::ManagedCuda.PrimaryContext).Assembly;
        return isManagedCuda && name is ("libcuda" or "libcuda.so" or "nvcuda" or "nvcuda.dll") ? handle : 0;
    }
}
