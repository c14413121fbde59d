using System.Diagnostics;
using System.Runtime.InteropServices;
using Fovea.Tiny;

namespace Fovea.Cuda.Tests.Processes;

/// <summary>The tiny detector's command line, run to its end in a process of its own.</summary>
/// <param name="Code">Its exit code.</param>
/// <param name="Output">What it printed.</param>
/// <param name="Errors">What it printed as errors.</param>
internal sealed record TinyProcess(int Code, string Output, string Errors)
{
    private const int LimitMilliseconds = 120_000;

    /// <summary>What decides about devices and libraries: a child sees only what its test sets.</summary>
    private static readonly string[] Variables =
    [
        "FOVEA_CUDA_LIBRARY", "FOVEA_CUDNN", "FOVEA_CACHE", "FOVEA_SIMULATED_KERNELS", "FOVEA_SIMULATED_FAIL", "FOVEA_SIMULATED_ORDER",
        "FOVEA_SIMULATED_THREADS", "FOVEA_SIMULATED_CAPABILITY",
    ];

    /// <summary>Starts it and waits.</summary>
    /// <param name="environment">Variables, besides those that are inherited and decide nothing.</param>
    /// <param name="arguments">As on the command line.</param>
    public static TinyProcess Run(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var program = typeof(TileDetector).Assembly.Location;
        var start = new ProcessStartInfo(Dotnet(), [program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var variable in Variables)
        {
            start.Environment.Remove(variable);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (!process.WaitForExit(LimitMilliseconds))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{string.Join(' ', arguments)} has not ended after {LimitMilliseconds / 1000} s");
        }

        return new TinyProcess(process.ExitCode, output.GetAwaiter().GetResult(), errors.GetAwaiter().GetResult());
    }

    /// <summary>The host that runs this process, whatever PATH says.</summary>
    private static string Dotnet() => Path.GetFullPath(Path.Combine(
        RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
}
