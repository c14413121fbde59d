using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Fovea.App.Verification;
using Fovea.Cpu;
using Fovea.Cuda;
using SkiaSharp;

namespace Fovea.App.Diagnosis;

/// <summary>What probes see of the machine; a test brings its own.</summary>
internal sealed record MachineView
{
    private static readonly TimeSpan PythonLimit = TimeSpan.FromMinutes(1);

    /// <summary>A file's text; null where it cannot be read.</summary>
    public Func<string, string?> Read { get; init; } = ReadFile;

    /// <summary>An environment variable's value, or null.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>Processors that .NET lets the program use: affinity and the container's limit, rounded up, are in it.</summary>
    public int UsableProcessors { get; init; } = Environment.ProcessorCount;

    /// <summary>Vector sets that the program may use.</summary>
    public IReadOnlyList<string> VectorSets { get; init; } = FindVectorSets();

    /// <summary>The set that Fovea's kernels use.</summary>
    public string UsedVectorSet { get; init; } = CpuKernelTable.Best.Name;

    /// <summary>Whether the program was compiled ahead of time.</summary>
    public bool IsAheadOfTime { get; init; } = !RuntimeFeature.IsDynamicCodeSupported;

    /// <summary>CUDA; null where the application has none.</summary>
    public Func<CudaSurvey?> Cuda { get; init; } = () => CudaFeature.IsSupported ? CudaSurvey.Of(CudaLibraries.Default) : null;

    /// <summary>The file of a library that the process has loaded, by the beginning of its name.</summary>
    public Func<string, string?> LoadedFile { get; init; } = FindLoaded;

    /// <summary>The version of SkiaSharp's native library; throws where there is none.</summary>
    public Func<string> Skia { get; init; } = () => $"{SkiaSharpVersion.Native}";

    /// <summary>How many families of fonts Skia finds.</summary>
    public Func<int> Fonts { get; init; } = () => SKFontManager.Default.FontFamilyCount;

    /// <summary>What a Python prints for a script; an <see cref="IOException"/> where it does not run.</summary>
    public Func<string, string, CancellationToken, string> Python { get; init; } = RunPython;

    /// <summary>Whose commands a person types.</summary>
    public HostSystem Host { get; init; } =
        OperatingSystem.IsWindows() ? HostSystem.Windows
        : OperatingSystem.IsMacOS() ? HostSystem.MacOS
        : LinuxOf(ReadFile("/etc/os-release"));

    /// <summary>Which Linux, by the text of <c>/etc/os-release</c>.</summary>
    public static HostSystem LinuxOf(string? release)
    {
        var names = (release ?? "").Split('\n').Select(l => l.Split('=', 2)).Where(l => l is ["ID" or "ID_LIKE", _])
            .SelectMany(l => l[1].Trim('"', '\'', '\r').Split(' ')).ToHashSet(StringComparer.Ordinal);
        return names.Contains("ubuntu") ? HostSystem.Ubuntu : names.Contains("debian") ? HostSystem.Debian : HostSystem.Linux;
    }

    private static string? ReadFile(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string[] FindVectorSets()
    {
        (string Name, bool Is)[] sets =
        [
            ("AVX2", Avx2.IsSupported), ("FMA", Fma.IsSupported), ("AVX-512F", Avx512F.IsSupported), ("AVX-512BW", Avx512BW.IsSupported),
            ("AVX-512CD", Avx512CD.IsSupported), ("AVX-512DQ", Avx512DQ.IsSupported), ("AVX-512VBMI", Avx512Vbmi.IsSupported),
            ("NEON", AdvSimd.IsSupported),
        ];
        return [.. sets.Where(s => s.Is).Select(s => s.Name)];
    }

    private static string? FindLoaded(string name)
    {
        using var process = Process.GetCurrentProcess();
        return process.Modules.Cast<ProcessModule>().Select(m => m.FileName)
            .FirstOrDefault(f => Path.GetFileName(f).StartsWith(name, StringComparison.OrdinalIgnoreCase));
    }

    private static string RunPython(string python, string script, CancellationToken cancellation)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(PythonLimit);
        return PythonRun.RunAsync(python, ["-c", script], limited.Token).GetAwaiter().GetResult();
    }
}
