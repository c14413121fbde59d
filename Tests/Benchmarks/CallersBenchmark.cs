using System.Diagnostics;
using System.Globalization;

namespace Fovea.Benchmarks;

/// <summary>
/// Detections a second of one detector with 1, 2, 4 and 16 callers at the same time. All in one run, in alternating rounds, so that the
/// ratios hold on a machine that does other things, too. The one caller's loop is what the others are measured against.
/// </summary>
internal static class CallersBenchmark
{
    private static readonly int[] Callers = [1, 2, 4, 16];

    public static int Run(ReadOnlySpan<string> args)
    {
        var rounds = args is ["--rounds", var count] ? int.Parse(count, CultureInfo.InvariantCulture) : 9;
        using var small = SmallDetector.Create(seed: 1);
        Measure("small, 64×64", small, 64, rounds, detections: 1600);
        using var detector = Detector18.Create(seed: 1);
        Measure("ResNet-18, 320×320", detector, 320, rounds, detections: 16);
        return 0;
    }

    private static void Measure(string name, Detector<Label> detector, int size, int rounds, int detections)
    {
        var image = new byte[size * size * 3];
        new Random(1).NextBytes(image);
        var rates = Callers.ToDictionary(n => n, _ => new double[rounds]);
        for (var round = -1; round < rounds; round++)
        {
            foreach (var callers in Callers)
            {
                var rate = Rate(detector, image, size, callers, detections);
                if (round >= 0)
                {
                    rates[callers][round] = rate;
                }
            }
        }

        foreach (var callers in Callers)
        {
            var ratios = rates[callers].Zip(rates[1], (many, one) => many / one).Order().ToArray();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{{\"bench\":\"callers\",\"model\":\"{name}\",\"processors\":{Environment.ProcessorCount},\"callers\":{callers},"
                + $"\"perSecond\":{rates[callers].Order().ElementAt(rounds / 2):F1},\"toOneCaller\":{ratios[rounds / 2]:F3}}}"));
        }
    }

    /// <summary>Detections a second: the callers share the given number of them evenly.</summary>
    private static double Rate(Detector<Label> detector, byte[] image, int size, int callers, int detections)
    {
        using var ready = new Barrier(callers + 1);
        var threads = Enumerable.Range(0, callers).Select(_ => new Thread(() =>
        {
            var found = new Detection<Label>[detector.MaxDetections];
            detector.Detect(image, size, size, found);
            ready.SignalAndWait();
            for (var i = 0; i < detections / callers; i++)
            {
                detector.Detect(image, size, size, found);
            }

            ready.SignalAndWait();
        })).ToArray();
        Array.ForEach(threads, t => t.Start());
        ready.SignalAndWait();
        var start = Stopwatch.GetTimestamp();
        ready.SignalAndWait();
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Array.ForEach(threads, t => t.Join());
        return detections / seconds;
    }
}

/// <summary>Detects in a fraction of a millisecond: what it costs to take turns shows.</summary>
[RetinaNet<Label>(Backbone.Custom)]
[Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 8)]
[Pyramid(MaxLevel = 5, Channels = 16)]
[Head(Depth = 1)]
[InputSize(64, 64)]
public partial class SmallDetector;
