using System.Diagnostics;

namespace Fovea.Benchmarks;

/// <summary>What a call takes, in milliseconds: the median, and the mean processor time of all threads.</summary>
internal readonly record struct Timing(double Median, double Cpu)
{
    private const int Most = 1000;

    /// <summary>Calls until the time is up, at least <paramref name="least"/> times; the first calls are not counted.</summary>
    public static Timing Of(Action run, double seconds, int warmUps = 2, int least = 3)
    {
        for (var i = 0; i < warmUps; i++)
        {
            run();
        }

        var times = new List<double>();
        using var process = Process.GetCurrentProcess();
        var cpu = process.TotalProcessorTime;
        var all = Stopwatch.StartNew();
        while (times.Count < least || (all.Elapsed.TotalSeconds < seconds && times.Count < Most))
        {
            var start = Stopwatch.GetTimestamp();
            run();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        process.Refresh();
        cpu = process.TotalProcessorTime - cpu;
        times.Sort();
        return new Timing(times[times.Count / 2], cpu.TotalMilliseconds / times.Count);
    }

    /// <summary>Values in ±scale, the same in every run.</summary>
    public static void Fill(Span<float> values, float scale = 1)
    {
        var random = new Random(1);
        foreach (ref var v in values)
        {
            v = scale * ((2 * random.NextSingle()) - 1);
        }
    }
}
