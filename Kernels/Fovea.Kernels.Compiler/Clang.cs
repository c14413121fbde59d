using System.Diagnostics;

namespace Fovea.Kernels.Compiler;

/// <summary>
/// clang 19 as a compiler from .cu to PTX; no CUDA toolkit takes part. The same version gives the same bytes on every machine.
/// </summary>
public static class Clang
{
    /// <summary>Architectures and the PTX version of each: Turing, and Ampere to Blackwell.</summary>
    public static IReadOnlyList<(string Architecture, string Ptx)> Targets { get; } = [("sm_75", "ptx64"), ("sm_80", "ptx70")];

    private static readonly string[] Names = ["clang++-19", "clang++"];

    /// <summary>The compiler on this machine, or null.</summary>
    public static string? Path { get; } = Find();

    /// <summary>Compiles a source for one variant and architecture.</summary>
    /// <exception cref="InvalidOperationException">There is no clang 19, or it refuses the source; the message is its own.</exception>
    public static string ToPtx(KernelSource source, string variant, string architecture, string ptx)
    {
        var clang = Path ?? throw new InvalidOperationException(
            "clang 19 was not found; on Debian and Ubuntu: apt-get install --no-install-recommends clang-19.");
        string[] arguments =
        [
            "-x", "cuda", "--cuda-device-only", "-nocudainc", "-nocudalib", "-O3", "-S", "-std=c++20", "-Wall", "-Werror",
            "-ffp-contract=off",
            $"-DVARIANT_{variant.ToUpperInvariant()}", $"--cuda-gpu-arch={architecture}", $"--cuda-feature=+{ptx}", "-o", "-", source.Path,
        ];
        var (code, output, errors) = Run(clang, arguments);
        return code == 0 ? output : throw new InvalidOperationException($"{source.Name}.{variant}.{architecture}:\n{errors}");
    }

    private static string? Find()
    {
        foreach (var name in Names)
        {
            try
            {
                if (Run(name, ["--version"]).Output.Contains("clang version 19.", StringComparison.Ordinal))
                {
                    return name;
                }
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // Not on this machine under this name.
            }
        }

        return null;
    }

    private static (int Code, string Output, string Errors) Run(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.GetAwaiter().GetResult());
    }
}
