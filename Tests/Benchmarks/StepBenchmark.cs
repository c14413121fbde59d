using System.Diagnostics;
using System.Globalization;

namespace Fovea.Benchmarks;

/// <summary>A whole training step and a detection of a declared ResNet-18 detector, through the public sessions: what a user waits for.</summary>
internal static class StepBenchmark
{
    private const int Size = 320;
    private const int Batch = 4;

    public static int Run(ReadOnlySpan<string> args)
    {
        var steps = args is ["--steps", var count] ? int.Parse(count, CultureInfo.InvariantCulture) : 7;
        using var detector = Detector18.Create(seed: 1);
        Report("training-step", Batch, Time(steps, Training(detector)));
        Report("detection", 1, Time(steps, Detection(detector)));
        return 0;
    }

    private static Action Training(Detector detector)
    {
        var session = detector.CreateTrainingSession(Batch, Size, Size);
        var optimizer = detector.CreateOptimizer(new Sgd { LearningRate = 1e-4 });
        session.SetInput(Pixels(Batch));
        for (var n = 0; n < Batch; n++)
        {
            session.SetTruth(n, [new Box(20, 30, 90, 110), new Box(150, 100, 300, 260)], [1, 3]);
        }

        return () => session.Step(optimizer, 1e-4);
    }

    private static Action Detection(Detector detector)
    {
        var session = detector.CreateSession(1, Size, Size);
        session.SetInput(Pixels(1));
        return session.Run;
    }

    private static float[] Pixels(int images)
    {
        var random = new Random(1);
        var pixels = new float[images * Size * Size * 3];
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = random.NextSingle() - 0.5f;
        }

        return pixels;
    }

    /// <summary>Milliseconds, sorted; the first two runs are not counted.</summary>
    private static double[] Time(int runs, Action run)
    {
        run();
        run();
        var times = new double[runs];
        for (var i = 0; i < runs; i++)
        {
            var start = Stopwatch.GetTimestamp();
            run();
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        Array.Sort(times);
        return times;
    }

    private static void Report(string name, int images, double[] times) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{{\"bench\":\"{name}\",\"model\":\"ResNet18\",\"size\":{Size},\"images\":{images},\"threads\":{Environment.ProcessorCount},"
        + $"\"minMs\":{times[0]:F0},\"medianMs\":{times[times.Length / 2]:F0}}}"));
}

/// <summary>ResNet-18 with everything as published: 256 channels, four convolutions in each head, nine anchors.</summary>
[RetinaNet<Label>(Backbone.ResNet18)]
[InputSize(320, 320)]
public partial class Detector18;

/// <summary>Five classes.</summary>
public enum Label
{
    A,
    B,
    C,
    D,
    E,
}
