using System.Diagnostics;
using Fovea.CompilerServices;
using Fovea.Gpu.Machines;

namespace Fovea.Gpu.Training;

/// <summary>A model, its size, and data that are the same in every run.</summary>
/// <param name="Name">For entries.</param>
/// <param name="Create">Makes the detector.</param>
/// <param name="Images">N.</param>
/// <param name="Size">Height and width.</param>
/// <param name="Precision">Of its values.</param>
internal sealed record Workload(string Name, Func<DetectorOptions, Detector> Create, int Images, int Size, Precision Precision)
{
    /// <summary>Boxes of each image.</summary>
    public const int Boxes = 8;

    /// <summary>[N, H, W, 3].</summary>
    public float[] Pixels()
    {
        var random = new Random(1);
        var pixels = new float[(long)Images * Size * Size * 3];
        foreach (ref var pixel in pixels.AsSpan())
        {
            pixel = (4 * random.NextSingle()) - 2;
        }

        return pixels;
    }

    /// <summary>Fills a session with pixels and boxes.</summary>
    public void Fill(TrainingSession session)
    {
        session.SetInput(Pixels());
        var random = new Random(2);
        for (var n = 0; n < Images; n++)
        {
            var boxes = new Box[Boxes];
            foreach (ref var box in boxes.AsSpan())
            {
                var (x, y) = (random.NextSingle() * Size * 0.6f, random.NextSingle() * Size * 0.6f);
                box = new Box(x, y, x + (Size * (0.1f + (0.3f * random.NextSingle()))), y + (Size * (0.1f + (0.3f * random.NextSingle()))));
            }

            session.SetTruth(n, boxes, [.. Enumerable.Range(0, Boxes).Select(i => i % 3)]);
        }
    }
}

/// <summary>What training steps gave.</summary>
/// <param name="Losses">Of each step.</param>
/// <param name="Milliseconds">Of each step, as the host waits for it.</param>
/// <param name="Weights">Afterwards, by key.</param>
/// <param name="Calls">What a recording driver wrote down in the last step; empty for others.</param>
/// <param name="MegaBytes">Device memory in use afterwards, less what was in use before.</param>
internal sealed record StepRun(
    double[] Losses, double[] Milliseconds, Dictionary<string, float[]> Weights, IReadOnlyList<string> Calls, double MegaBytes)
{
    internal const double LearningRate = 1e-3;
    private const int MostTensors = 40;

    /// <summary>Trains for some steps with SGD and momentum.</summary>
    /// <param name="machine">Opens the driver.</param>
    /// <param name="work">What.</param>
    /// <param name="steps">How many.</param>
    /// <param name="isEager">Whether a tap keeps the steps from being captured.</param>
    /// <param name="streams">How many streams the work may use; null for the default.</param>
    public static StepRun Train(Machine machine, Workload work, int steps, bool isEager, int? streams = null)
    {
        using var driver = machine.CreateDriver();
        var options = Machine.OptionsFor(driver, work.Precision);
        using var detector = work.Create(options with { Streams = streams ?? options.Streams });
        var before = driver.GetMemory().FreeBytes;
        using var session = detector.CreateTrainingSession(work.Images, work.Size, work.Size, Workload.Boxes);
        if (isEager)
        {
            session.Tap("P7", static (_, _, _) => { });
        }

        work.Fill(session);
        var optimizer = detector.CreateOptimizer(new Sgd { LearningRate = LearningRate });
        var (losses, times) = (new double[steps], new double[steps]);
        var recording = driver as RecordingCudaDriver;
        for (var i = 0; i < steps; i++)
        {
            recording?.ClearCalls();
            var start = Stopwatch.GetTimestamp();
            losses[i] = session.Step(optimizer, LearningRate).Loss;
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        var used = (before - driver.GetMemory().FreeBytes) / (double)(1 << 20);
        return new StepRun(losses, times, ReadWeights(detector), recording?.Calls ?? [], used);
    }

    /// <summary>The median of the steps after the third, by when everything is loaded, chosen and captured.</summary>
    public double Median()
    {
        double[] steady = [.. Milliseconds.Skip(3).Order()];
        return steady.Length == 0 ? Milliseconds[^1] : steady[steady.Length / 2];
    }

    private static Dictionary<string, float[]> ReadWeights(Detector detector) => detector.Description.Tensors
        .Where(t => t.Storage == TensorStorage.Trainable).Take(MostTensors)
        .ToDictionary(t => t.Key, t => detector.ReadTensor(t.Key), StringComparer.Ordinal);
}
