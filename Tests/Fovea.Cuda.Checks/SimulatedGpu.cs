using System.Runtime.InteropServices;

namespace Fovea.Cuda.Checks;

/// <summary>The simulated GPU: its library, and what it reads from the environment. There is one in a process.</summary>
internal static partial class SimulatedGpu
{
    /// <summary>Builds the library, once, and opens it.</summary>
    public static CudaLibraries Libraries { get; } = new(
        LibraryEnvironment.System, new Dictionary<CudaLibrary, string> { [CudaLibrary.Driver] = BuildLibrary() });

    /// <summary>A driver over it.</summary>
    /// <param name="kernels">The folder with the kernels' libraries, named source.variant.so.</param>
    /// <param name="fail">A failure to provoke, as FOVEA_SIMULATED_FAIL wants it.</param>
    /// <param name="reverse">Whether graphs run in another order that their edges allow.</param>
    /// <param name="reverseThreads">Whether the threads of a block run from the last to the first.</param>
    public static CudaDriver Open(string? kernels = null, string? fail = null, bool reverse = false, bool reverseThreads = false)
    {
        // An installed cuDNN has no use for memory of the host.
        if (Environment.GetEnvironmentVariable(CudaLibrary.Cudnn.Variable) is null)
        {
            Environment.SetEnvironmentVariable(CudaLibrary.Cudnn.Variable, CudaLibrary.None);
        }

        Set("FOVEA_SIMULATED_THREADS", reverseThreads ? "reverse" : null);
        Set("FOVEA_SIMULATED_KERNELS", kernels);
        Set("FOVEA_SIMULATED_FAIL", fail);
        Set("FOVEA_SIMULATED_ORDER", reverse ? "reverse" : null);
        return new CudaDriver(Libraries);
    }

    /// <summary>Compiles the library. It has a name, by which a cuDNN finds it in the process.</summary>
    /// <returns>The file's path.</returns>
    public static string BuildLibrary() => NativeBuild.SharedLibrary(
        "libcuda.so.1", [Path.Combine(AppContext.BaseDirectory, "Simulator", "libcuda.cpp")], "-Wl,-soname,libcuda.so.1");

    /// <summary>Sets a variable where native code reads it: .NET keeps a copy of the environment of its own.</summary>
    private static void Set(string name, string? value)
    {
        if ((value is null ? RemoveVariable(name) : SetVariable(name, value, 1)) != 0)
        {
            throw new InvalidOperationException($"{name} cannot be set.");
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "unsetenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RemoveVariable(string name);
}
