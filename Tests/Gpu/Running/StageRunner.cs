using Fovea.Gpu.Reporting;

namespace Fovea.Gpu.Running;

/// <summary>Runs stages in this process, one after the other; after a lost device the others are skipped.</summary>
internal static class StageRunner
{
    /// <summary>The exit code of a process whose device was lost.</summary>
    public const int LostDevice = 3;

    /// <summary>The note of a stage that did not run because of that.</summary>
    public const string Skipped = "skipped: the device was lost in an earlier stage";

    /// <summary>Runs them.</summary>
    /// <returns>0, or <see cref="LostDevice"/>.</returns>
    public static int Run(IReadOnlyList<IStage> stages, GpuOptions options, Journal journal)
    {
        var lost = false;
        foreach (var stage in stages)
        {
            if (lost)
            {
                journal.Add(new Entry(stage.Name, "stage", false, null, "", Skipped));
                continue;
            }

            lost = !Run(stage, new StageContext(stage.Name, options, journal));
        }

        return lost ? LostDevice : 0;
    }

    /// <summary>False where the device was lost.</summary>
    private static bool Run(IStage stage, StageContext context)
    {
        try
        {
            stage.Run(context);
            context.Count("stage", context.Seconds, "s", "done");
            return true;
        }
#pragma warning disable CA1031 // Whatever a stage throws is its result; the others still run.
        catch (Exception e)
#pragma warning restore CA1031
        {
            context.Fail("stage", e);
            return e is not CudaException { Failure: CudaFailure.DeviceLost };
        }
    }
}
