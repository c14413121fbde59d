using System.Globalization;
using System.Text.RegularExpressions;
using Fovea.Gpu.Running;

namespace Fovea.Gpu.Stages;

/// <summary>What ptxas tells of a kernel.</summary>
/// <param name="Kernel">Its name.</param>
/// <param name="Registers">Of a thread.</param>
/// <param name="SpillBytes">Stores and loads of spilt registers.</param>
/// <param name="StackBytes">Of a thread.</param>
/// <param name="SharedBytes">Static shared memory of a block.</param>
internal sealed record KernelResources(string Kernel, int Registers, int SpillBytes, int StackBytes, int SharedBytes);

/// <summary>NVIDIA's assembler of PTX.</summary>
internal static partial class Ptxas
{
    /// <summary>In PATH, the toolkit's folder, or where Triton or pip's wheels keep one; null for none.</summary>
    public static string? Find(string python)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Append("/usr/local/cuda/bin");
        if (folders.Select(folder => Path.Combine(folder, "ptxas")).FirstOrDefault(File.Exists) is { } found)
        {
            return found;
        }

        const string Script = "import sysconfig; print(sysconfig.get_paths()['purelib'])";
        var packages = Command.Run(python, ["-c", Script], TimeSpan.FromSeconds(30)).Output.Trim();
        string[] places = ["triton/backends/nvidia/bin/ptxas", "nvidia/cuda_nvcc/bin/ptxas", "nvidia/cu13/bin/ptxas"];
        return packages.Length == 0 ? null : places.Select(place => Path.Combine(packages, place)).FirstOrDefault(File.Exists);
    }

    /// <summary>Assembles a file and drops the result.</summary>
    public static Command Assemble(string ptxas, string file, int capability) => Command.Run(
        ptxas,
        ["-v", string.Create(CultureInfo.InvariantCulture, $"-arch=sm_{capability}"), "-o", "/dev/null", file],
        TimeSpan.FromSeconds(300));

    /// <summary>Whether it failed because it does not know the architecture.</summary>
    public static bool IsUnknownArchitecture(Command run) =>
        run.ExitCode != 0 && run.Errors.Contains("gpu-name", StringComparison.Ordinal);

    /// <summary>Reads what -v writes.</summary>
    public static IReadOnlyList<KernelResources> Parse(string text)
    {
        var found = new List<KernelResources>();
        KernelResources? current = null;
        foreach (var line in text.Split('\n'))
        {
            if (Entry().Match(line) is { Success: true } entry)
            {
                current = new KernelResources(entry.Groups[1].Value, 0, 0, 0, 0);
            }
            else if (current is not null && Stack().Match(line) is { Success: true } stack)
            {
                current = current with
                {
                    StackBytes = Number(stack, 1), SpillBytes = Number(stack, 2) + Number(stack, 3),
                };
            }
            else if (current is not null && Used().Match(line) is { Success: true } used)
            {
                var shared = Shared().Match(line);
                found.Add(current with { Registers = Number(used, 1), SharedBytes = shared.Success ? Number(shared, 1) : 0 });
                current = null;
            }
        }

        return found;
    }

    private static int Number(Match match, int group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"Compiling entry function '(\w+)'")]
    private static partial Regex Entry();

    [GeneratedRegex(@"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")]
    private static partial Regex Stack();

    [GeneratedRegex(@"Used (\d+) registers")]
    private static partial Regex Used();

    [GeneratedRegex(@"(\d+) bytes smem")]
    private static partial Regex Shared();
}
