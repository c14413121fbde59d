using System.Runtime.ExceptionServices;
using Fovea.Cuda.Checks;
using Fovea.Cuda.Checks.Operators;

namespace Fovea.Cuda.Tests.Operators;

/// <summary>Runs of the operators' checks over the simulated GPU, each once in a process, however many tests ask for it.</summary>
internal static class OperatorRuns
{
    private static readonly Dictionary<(string Check, Precision Precision), ExceptionDispatchInfo?> Outcomes = [];

    /// <summary>Why nothing can run here, or null.</summary>
    public static string? Obstacle => OperatingSystem.IsLinux() ? NativeBuild.Obstacle : "The simulated GPU is a Linux library.";

    /// <summary>Every check in every precision.</summary>
    public static IEnumerable<(OperatorCheck Check, Precision Precision)> All =>
        from check in OperatorChecks.All
        from precision in Enum.GetValues<Precision>()
        select (check, precision);

    /// <summary>The launches of all runs so far.</summary>
    public static LaunchTally Tally { get; } = new();

    /// <summary>Runs a check, threads in both orders, unless it has run.</summary>
    /// <returns>Why it failed, or null.</returns>
    public static ExceptionDispatchInfo? Run(OperatorCheck check, Precision precision)
    {
        var key = (check.Name, precision);
        lock (Outcomes)
        {
            if (!Outcomes.TryGetValue(key, out var outcome))
            {
                outcome = Try(check, precision);
                Outcomes.Add(key, outcome);
            }

            return outcome;
        }
    }

    private static ExceptionDispatchInfo? Try(OperatorCheck check, Precision precision)
    {
        try
        {
            foreach (var reverse in (bool[])[false, true])
            {
                using var driver = new CountingDriver(SimulatedGpu.Open(KernelLibraries.Folder, reverseThreads: reverse), Tally);
                driver.OpenContext(0);
                using var rig = new CudaRig(driver, driver.GetDevice(0), precision);
                check.Run(rig);
            }

            return null;
        }
#pragma warning disable CA1031 // Whatever it was, the check's own test throws it again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return ExceptionDispatchInfo.Capture(e);
        }
    }
}
