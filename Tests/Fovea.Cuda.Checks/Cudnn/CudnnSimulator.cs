using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Fovea.Cuda.Cudnn;

namespace Fovea.Cuda.Checks.Cudnn;

/// <summary>
/// A cuDNN of plain C (Simulator/cudnn*.c), compiled once for each process: it checks every descriptor as it is built and computes on the
/// CPU. Over the simulated GPU its work keeps the stream's order and is captured with it.
/// </summary>
internal sealed unsafe class CudnnSimulator
{
    private const string ResourcePrefix = "Simulator/";
    private static readonly Lazy<CudnnSimulator> Instance = new(() => new CudnnSimulator());

    private CudnnSimulator()
    {
        var folder = Directory.CreateTempSubdirectory("fovea-cudnn-").FullName;
        try
        {
            Unavailable = Compile(folder);
            Handle = Unavailable.Length == 0 ? NativeLibrary.Load(Path.Combine(folder, "libcudnn.so.9")) : 0;
        }
        finally
        {
            // A loaded library needs its file no more.
            Directory.Delete(folder, recursive: true);
        }

        Library = Handle == 0 ? null : new CudnnLibrary(Handle, "simulated");
        Legacy = Library is null ? null : new CudnnLegacy(Library, Handle);
    }

    /// <summary>The one of this process.</summary>
    public static CudnnSimulator Shared => Instance.Value;

    /// <summary>Why there is none; empty if there is one.</summary>
    public string Unavailable { get; }

    /// <summary>The opened library, or 0.</summary>
    public nint Handle { get; }

    /// <summary>Its graph API, or null.</summary>
    public CudnnLibrary? Library { get; }

    /// <summary>Its legacy API, or null.</summary>
    public CudnnLegacy? Legacy { get; }

    /// <summary>Descriptors of both APIs that were created and not destroyed.</summary>
    public int Descriptors => Count("simulatorDescriptors") + Count("simulatorLegacyDescriptors");

    /// <summary>Contexts that were created and not destroyed.</summary>
    public int Handles => Count("simulatorHandles");

    /// <summary>How often plans of the graph API have run: when they were executed, or later in a graph.</summary>
    public int Executions => Count("simulatorExecutions");

    /// <summary>
    /// Provokes something until the result is disposed: SIMULATOR_NO_FUSED, SIMULATOR_VERSION and the like (see the sources).
    /// </summary>
    public IDisposable Provoke(string what, string value = "1")
    {
        Set(what, value);
        return new Provocation(this, what);
    }

    /// <summary>Compiles the library, as libcudnn.so.9 beside its sources.</summary>
    /// <param name="folder">Takes them.</param>
    /// <returns>Why it is not there; empty if it is.</returns>
    public static string Compile(string folder)
    {
        var assembly = typeof(CudnnSimulator).Assembly;
        var sources = new List<string>();
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(ResourcePrefix, StringComparison.Ordinal)))
        {
            var path = Path.Combine(folder, name[ResourcePrefix.Length..]);
            using var resource = assembly.GetManifestResourceStream(name)!;
            using var file = File.Create(path);
            resource.CopyTo(file);
            if (path.EndsWith(".c", StringComparison.Ordinal))
            {
                sources.Add(path);
            }
        }

        sources.Sort(StringComparer.Ordinal);
        string[] arguments =
        [
            "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden", "-shared", "-fPIC",
            "-o", Path.Combine(folder, "libcudnn.so.9"), .. sources, "-lm", "-lpthread", "-ldl",
        ];
        try
        {
            using var gcc = Process.Start(new ProcessStartInfo("gcc", arguments) { RedirectStandardError = true })!;
            var errors = gcc.StandardError.ReadToEnd();
            gcc.WaitForExit();
            return gcc.ExitCode == 0 ? "" : throw new InvalidOperationException($"The simulated cuDNN does not compile: {errors}");
        }
        catch (Win32Exception)
        {
            return "No gcc to compile the simulated cuDNN.";
        }
    }

    private int Count(string function) => ((delegate* unmanaged[Cdecl]<int>)NativeLibrary.GetExport(Handle, function))();

    private void Set(string name, string? value)
    {
        var set = (delegate* unmanaged[Cdecl]<nint, nint, void>)NativeLibrary.GetExport(Handle, "simulatorSet");
        var (n, v) = (Marshal.StringToCoTaskMemUTF8(name), Marshal.StringToCoTaskMemUTF8(value));
        set(n, v);
        Marshal.FreeCoTaskMem(n);
        Marshal.FreeCoTaskMem(v);
    }

    private sealed class Provocation(CudnnSimulator simulator, string what) : IDisposable
    {
        public void Dispose() => simulator.Set(what, null);
    }
}
