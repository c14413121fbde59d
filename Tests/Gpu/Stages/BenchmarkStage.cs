using System.Globalization;
using Fovea.Gpu.Machines;
using Fovea.Gpu.Models;
using Fovea.Gpu.Running;
using Fovea.Gpu.Training;

namespace Fovea.Gpu.Stages;

/// <summary>8: ResNet-50 in bfloat16, training and inference, beside torchvision's on the same machine.</summary>
internal sealed class BenchmarkStage : IStage
{
    private const int Images = 8;
    private const int DeclaredSize = 800;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);

    /// <inheritdoc/>
    public string Name => "benchmark";

    /// <inheritdoc/>
    public void Run(StageContext context)
    {
        var work = WorkloadOf(context);
        var ours = new List<(string Item, double Operations, double Milliseconds)>();
        context.Try($"Fovea training {work.Name}", () => Train(context, work, ours));
        context.Try($"Fovea inference {work.Name}", () => Detect(context, work, ours));
        if (context.Machine.Kind == MachineKind.Real)
        {
            Compare(context, work, ours);
        }
        else
        {
            context.Tell("torchvision", StageContext.NoNumbers, null);
        }
    }

    private static Workload WorkloadOf(StageContext context)
    {
        var real = context.Machine.HasTimes;
        if (!context.Machine.TakesLargeModels)
        {
            return new Workload("narrow", o => NarrowDetector.Create(1, o), 2, 128, Precision.BFloat16);
        }

        var size = context.Options.Quick || !real ? 640 : DeclaredSize;
        var name = string.Create(CultureInfo.InvariantCulture, $"{size}×{size}");
        return new Workload(name, o => BenchmarkDetector.Create(1, o), real ? Images : 1, size, Precision.BFloat16);
    }

    /// <summary>A training step multiplies three times what a forward pass does.</summary>
    private static void Train(StageContext context, Workload work, List<(string, double, double)> ours)
    {
        var steps = context.Machine.HasTimes ? (context.Options.Quick ? 15 : 33) : 3;
        var run = StepRun.Train(context.Machine, work, steps, isEager: false);
        var item = $"Fovea training {work.Name}";
        Tell(context, work, item, run.Median(), run.MegaBytes);
        ours.Add((item, 3 * Operations(work), run.Median()));
        var alone = StepRun.Train(context.Machine, work, steps, isEager: false, streams: 1);
        context.Time($"{item}, on one stream", alone.Median(), "ms");
    }

    private static void Detect(StageContext context, Workload work, List<(string, double, double)> ours)
    {
        using var driver = context.Machine.CreateDriver();
        using var detector = work.Create(Machine.OptionsFor(driver, work.Precision));
        var before = driver.GetMemory().FreeBytes;
        using var session = detector.CreateSession(work.Images, work.Size, work.Size);
        session.SetInput(work.Pixels());
        var (warm, runs) = context.Machine.HasTimes ? (3, context.Options.Quick ? 12 : 30) : (2, 1);
        var time = EventTimer.MedianOfHost(warm, runs, session.Run);
        var item = $"Fovea inference {work.Name}";
        Tell(context, work, item, time, (before - driver.GetMemory().FreeBytes) / (double)(1 << 20));
        ours.Add((item, Operations(work), time));
    }

    private static void Tell(StageContext context, Workload work, string item, double milliseconds, double megaBytes)
    {
        context.Time(item, milliseconds, "ms", string.Create(CultureInfo.InvariantCulture, $"batch {work.Images}"));
        context.Time($"{item}, speed", work.Images * 1000 / milliseconds, "images/s");
        context.Time($"{item}, memory", megaBytes, "MiB");
    }

    /// <summary>Of one batch forward, from the declared model's own count.</summary>
    private static double Operations(Workload work)
    {
        using var detector = work.Create(new DetectorOptions { Device = Device.Cpu });
        var area = (double)work.Size * work.Size / (DeclaredSize * DeclaredSize);
        return 2 * detector.Description.Stages.Sum(stage => (double)stage.MacsPerImage) * area * work.Images;
    }

    private static void Compare(StageContext context, Workload work, List<(string Item, double Operations, double Milliseconds)> ours)
    {
        var peak = 0.0;
        var invariant = CultureInfo.InvariantCulture;
        var steps = context.Options.Quick ? "12" : "30";
        string[] common = ["--batch", work.Images.ToString(invariant), "--size", work.Size.ToString(invariant), "--steps", steps];
        foreach (var what in (string[])["peak", "eager", "compile"])
        {
            var lines = TorchReference.Run(context.Options.Python, ["--what", what, .. common], Limit, out var failure);
            foreach (var line in lines)
            {
                context.Count(line.Item, line.Value ?? double.NaN, line.Unit, line.Note, line.Value is null ? null : true);
                peak = what == "peak" && line.Unit == "TFLOP/s" ? Math.Max(peak, line.Value ?? 0) : peak;
            }

            if (failure is not null)
            {
                context.Tell($"torch {what}", failure, false);
            }
        }

        foreach (var (item, operations, milliseconds) in ours.Where(_ => peak > 0))
        {
            var speed = operations / milliseconds / 1e9;
            var note = string.Create(invariant, $"{speed:F1} of {peak:F1} TFLOP/s");
            context.Time($"{item}, share of the matrix peak", 100 * speed / peak, "%", note);
        }
    }
}
