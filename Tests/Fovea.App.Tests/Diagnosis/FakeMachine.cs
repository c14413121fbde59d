using Fovea.App.Diagnosis;
using Fovea.Cuda;

namespace Fovea.Tests.App.Diagnosis;

/// <summary>Machines that there are not.</summary>
internal static class FakeMachine
{
    /// <summary>Debian without anything.</summary>
    public static MachineView Bare { get; } = new()
    {
        Read = _ => null,
        Variable = _ => null,
        UsableProcessors = 4,
        VectorSets = ["AVX2", "FMA"],
        UsedVectorSet = "AVX2",
        IsAheadOfTime = false,
        Host = HostSystem.Debian,
        Cuda = () => CudaSurvey.Of(NoLibraries),
        LoadedFile = _ => null,
        Skia = () => throw new DllNotFoundException("libSkiaSharp"),
        Fonts = () => 0,
        Python = (python, _, _) => throw new IOException($"{python} cannot be started: No such file or directory."),
    };

    /// <summary>A machine whose loader finds nothing.</summary>
    private static CudaLibraries NoLibraries => new(new LibraryEnvironment
    {
        IsWindows = false,
        Variable = _ => null,
        Load = (string path, out string? reason) =>
        {
            reason = $"{path}: cannot open shared object file";
            return 0;
        },
    });

    /// <summary>A GPU that serves, and cuDNN.</summary>
    public static CudaSurvey Gpu { get; } = new()
    {
        Driver = "libcuda.so.1, CUDA 12.8",
        Devices = [new(0, "Fake H200", 9, 0, 132, 139L << 30, 227 << 10), new(1, "Fake GTX 1080", 6, 1, 20, 8L << 30, 48 << 10)],
        Cudnn = "9.10.2, /wheels/libcudnn.so.9",
        Kernels = ["a.bf16.sm_75.ptx", "a.bf16.sm_80.ptx", "b.any.sm_75.ptx"],
    };

    /// <summary>The same machine with files.</summary>
    public static MachineView With(this MachineView machine, params (string Path, string Text)[] files) =>
        machine with { Read = path => Array.Find(files, f => f.Path == path).Text };

    /// <summary>The same machine with variables.</summary>
    public static MachineView WithVariables(this MachineView machine, params (string Name, string Value)[] variables) =>
        machine with { Variable = name => Array.Find(variables, v => v.Name == name).Value };
}
