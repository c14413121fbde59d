using System.Diagnostics;

namespace Fovea.App.Benchmarking;

/// <summary>Times something again and again.</summary>
/// <param name="Seconds">At the least.</param>
/// <param name="Repetitions">At the least.</param>
internal readonly record struct Stopper(double Seconds, int Repetitions)
{
    // The first run loads code and kernels and takes memory; CUDA captures in the second and replays from the third on.
    private const int WarmUp = 3;

    /// <summary>Milliseconds of each run after warm-up, ascending.</summary>
    public double[] Measure(Action run, CancellationToken cancellation)
    {
        for (var i = 0; i < WarmUp; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            run();
        }

        var times = new List<double>();
        var clock = Stopwatch.StartNew();
        do
        {
            cancellation.ThrowIfCancellationRequested();
            var before = clock.Elapsed;
            run();
            times.Add((clock.Elapsed - before).TotalMilliseconds);
        }
        while (times.Count < Repetitions || clock.Elapsed.TotalSeconds < Seconds);
        times.Sort();
        return [.. times];
    }

    /// <summary>The time that a share of the runs did not pass (nearest rank).</summary>
    public static double Quantile(double[] ascending, double share) =>
        ascending[Math.Clamp((int)Math.Ceiling(share * ascending.Length) - 1, 0, ascending.Length - 1)];
}
