using System.Globalization;
using Fovea.Gpu.Machines;
using Fovea.Gpu.Models;
using Fovea.Gpu.Running;
using Fovea.Gpu.Training;

namespace Fovea.Gpu.Stages;

/// <summary>6: whole training steps, given to the device call by call, and replayed from a captured graph: numbers and times.</summary>
internal sealed class CaptureStage : IStage
{
    private const int Steps = 8;

    /// <inheritdoc/>
    public string Name => "capture";

    /// <inheritdoc/>
    public void Run(StageContext context)
    {
        foreach (var precision in (Precision[])[Precision.Float32, Precision.BFloat16])
        {
            Compare(context, new Workload($"narrow {precision}", o => NarrowDetector.Create(1, o), 2, 128, precision), Steps);
        }

        if (context.Machine.TakesLargeModels)
        {
            var images = context.Machine.HasNumbers ? 8 : 1;
            var work = new Workload("ResNet-50 640×640 BFloat16", o => BenchmarkDetector.Create(1, o), images, 640, Precision.BFloat16);
            Compare(context, work, context.Machine.HasNumbers ? 2 * Steps : 4);
        }
    }

    private static void Compare(StageContext context, Workload work, int steps)
    {
        StepRun? eager = null;
        StepRun? replay = null;
        context.Try($"{work.Name}, eager", () => eager = Tell(context, work, steps, isEager: true));
        context.Try($"{work.Name}, replayed", () => replay = Tell(context, work, steps, isEager: false));
        if (eager is null || replay is null)
        {
            return;
        }

        if (context.Machine.Kind == MachineKind.Recording)
        {
            var replays = replay.Calls.Any(call => call.StartsWith("launch graph", StringComparison.Ordinal));
            context.Count(
                $"{work.Name}, calls of a step", replay.Calls.Count, "calls",
                string.Create(CultureInfo.InvariantCulture, $"{(replays ? "replayed" : "not replayed")}; eager {eager.Calls.Count}"));
        }

        var losses = eager.Losses.Zip(replay.Losses)
            .Select(pair => Math.Abs(pair.First - pair.Second) / Math.Max(1e-6, Math.Abs(pair.First)));
        var bits = eager.Losses.AsSpan().SequenceEqual(replay.Losses);
        context.Result($"{work.Name}, losses eager − replayed", losses.Max(), "relative", bits, bits ? "the same bits" : "other bits");
        var differing = eager.Weights.Where(w => !w.Value.AsSpan().SequenceEqual(replay.Weights[w.Key])).Select(w => w.Key).ToList();
        context.Result(
            $"{work.Name}, weights that differ", differing.Count, "tensors", differing.Count == 0,
            string.Create(CultureInfo.InvariantCulture, $"of {eager.Weights.Count}; {string.Join(", ", differing.Take(3))}"));
    }

    private static StepRun Tell(StageContext context, Workload work, int steps, bool isEager)
    {
        var run = StepRun.Train(context.Machine, work, steps, isEager);
        var first = string.Join(", ", run.Milliseconds.Take(4).Select(t => t.ToString("F1", CultureInfo.InvariantCulture)));
        var losses = string.Join(", ", run.Losses.Take(4).Select(l => l.ToString("G6", CultureInfo.InvariantCulture)));
        context.Time(
            $"{work.Name}, {(isEager ? "eager" : "replayed")}", run.Median(), "ms",
            string.Create(CultureInfo.InvariantCulture, $"first steps {first} ms; {run.MegaBytes:F0} MiB; losses {losses}"));
        return run;
    }
}
