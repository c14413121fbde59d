using System.Globalization;
using Fovea.CompilerServices;

namespace Fovea.Benchmarks;

/// <summary>
/// Times the operators that move memory more than they compute: one JSON line for each, with the bytes an operator must move
/// (each operand of each pass once) against the time, as a ratio to a plain <c>y = a + b</c> on the same machine in the same run.
/// </summary>
internal static class MemoryBoundBenchmark
{
    private const int Parameters = 8_000_000;
    private const double Seconds = 0.3;

    public static int Run(ReadOnlySpan<string> args)
    {
        var threads = args is ["--threads", var value, ..] ? int.Parse(value, CultureInfo.InvariantCulture) : 1;
        foreach (var (n, h, w, c) in new[] { (4, 160, 160, 64), (4, 80, 80, 256), (4, 20, 20, 1024), (1, 100, 100, 256) })
        {
            Measure(threads, n, h, w, c);
        }

        MeasureOptimizers(threads);
        return 0;
    }

    private static void Measure(int threads, int n, int h, int w, int c)
    {
        var x = new FeatureMap(0, n, h, w, c);
        var y = x with { Offset = x.Length };
        var dy = x with { Offset = 2 * x.Length };
        var dx = x with { Offset = 3 * x.Length };
        var half = new FeatureMap(4 * x.Length, n, (h + 1) / 2, (w + 1) / 2, c);
        var halfDy = half with { Offset = half.Offset + half.Length };
        var stats = new NormStatisticsMap(halfDy.Offset + half.Length, Math.Max(c, n * 32));
        using var bare = new BareCpu(threads, stats.Offset + (2L * stats.Count), TestModel.Describe(2 * c, statistics: 2 * c));
        Timing.Fill(bare.Arena);
        Timing.Fill(bare.Model.Parameters.Span);
        var backend = bare.Backend;
        var batch = new NormParameters(0, c, 0, c, c, 0, 1e-5f, 0.1f);
        var group = new NormParameters(0, c, -1, -1, c, 32, 1e-5f, 0);
        var gradients = new NormGradients(0, c);
        var shape = $"[{n},{h},{w},{c}]";
        var bytes = 4.0 * x.Length;

        var baseline = 0.0;
        Report("add", 3, () => backend.Add(x, dy, y));
        Report("relu in place", 2, () => backend.Relu(y, y));
        Report("relu backward", 3, () => backend.ReluBackward(y, dy, dx));
        Report("batch norm + relu", 3, () => backend.BatchNormRelu(x, batch, stats, y));
        Report("batch norm + relu backward", 7, () => backend.BatchNormReluBackward(x, batch, stats, y, dy, gradients, dx));
        Report("group norm + relu", 3, () => backend.GroupNormRelu(x, group, stats, y));
        Report("group norm + relu backward", 7, () => backend.GroupNormReluBackward(x, group, stats, y, dy, gradients, dx));
        Report("max pool", 1.25, () => backend.MaxPool(x, half));
        Report("max pool backward", 2.5, () => backend.MaxPoolBackward(x, half, halfDy, dx));
        Report("upsample backward", 1.25, () => backend.UpsampleBackward(dy, half));

        void Report(string op, double passes, Action run)
        {
            var (ms, cpu) = Timing.Of(run, Seconds, warmUps: 30, least: 5);
            var rate = bytes * passes / cpu * 1e-6;
            baseline = baseline == 0 ? rate : baseline;
            Print(op, shape, bare.Workers, ms, cpu, rate, baseline);
        }
    }

    private static void MeasureOptimizers(int threads)
    {
        using var bare = new BareCpu(threads, 3L * Parameters, TestModel.Describe(Parameters));
        Timing.Fill(bare.Model.Parameters.Span);
        Timing.Fill(bare.Model.Gradients.Span);
        var backend = bare.Backend;
        var all = new ParameterRange(0, Parameters);
        var map = new FeatureMap(0, 1, 1, 1, Parameters);
        var baseline = 0.0;
        Report("add", 3, () => backend.Add(map, map with { Offset = Parameters }, map with { Offset = 2 * Parameters }));
        Report("gradient norm", 1, () => backend.GradientNorm(all));
        Report("sgd", 5, () => backend.SgdStep(all, new SgdRule(1e-6f, 0.9f, 1e-4f, false, false)));
        Report("adamw", 7, () => backend.AdamStep(all, new AdamRule(1e-6f, 0.9f, 0.999f, 1e-8f, 0.05f, true, false, 10)));

        void Report(string op, double passes, Action run)
        {
            var (ms, cpu) = Timing.Of(run, Seconds, warmUps: 30, least: 5);
            var rate = 4.0 * Parameters * passes / cpu * 1e-6;
            baseline = baseline == 0 ? rate : baseline;
            Print(op, $"[{Parameters}]", bare.Workers, ms, cpu, rate, baseline);
        }
    }

    private static void Print(string op, string shape, int threads, double ms, double cpu, double rate, double baseline) =>
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"bench\":\"memory\",\"op\":\"{op}\",\"shape\":\"{shape}\",\"threads\":{threads},\"ms\":{ms:F3},\"cpuMs\":{cpu:F3}," +
            $"\"gigabytesPerCpuSecond\":{rate:F1},\"ratioToAdd\":{rate / baseline:F2}}}"));
}
