using System.Diagnostics;
using System.Globalization;
using Fovea.Gpu.Reporting;

namespace Fovea.Gpu.Running;

/// <summary>
/// Runs each stage in a process of its own: a crash, or a context that a faulting kernel has spoilt, costs that stage alone.
/// </summary>
internal static class ChildStages
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    /// <summary>Runs them.</summary>
    public static int Run(IReadOnlyList<IStage> stages, GpuOptions options, Journal journal)
    {
        var lost = false;
        foreach (var stage in stages)
        {
            if (lost)
            {
                journal.Add(new Entry(stage.Name, "stage", false, null, "", StageRunner.Skipped));
                continue;
            }

            Console.WriteLine($"\n== {stage.Name}");
            var code = Start(options.ForChild(stage.Name));
            lost = code == StageRunner.LostDevice;
            if (code is not (0 or StageRunner.LostDevice))
            {
                var note = code is null
                    ? string.Create(CultureInfo.InvariantCulture, $"killed after {Limit.TotalMinutes} minutes")
                    : string.Create(CultureInfo.InvariantCulture, $"the process ended with {code}");
                journal.Add(new Entry(stage.Name, "stage", false, null, "", note));
            }
        }

        return lost ? StageRunner.LostDevice : 0;
    }

    /// <summary>The exit code; null where it took too long.</summary>
    private static int? Start(IReadOnlyList<string> arguments)
    {
        var program = Environment.ProcessPath!;
        var isHost = Path.GetFileNameWithoutExtension(program) == "dotnet";
        var start = new ProcessStartInfo(program, isHost ? [Environment.GetCommandLineArgs()[0], .. arguments] : arguments);
        using var process = Process.Start(start)!;
        if (process.WaitForExit(Limit))
        {
            return process.ExitCode;
        }

        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        return null;
    }
}
